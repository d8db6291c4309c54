import Foundation
import Tensors

extension PhantomAppearance {
  /// A way of imaging an anatomy, drawn once for a task.
  ///
  /// Noise and texture are scaled with the contrast, so that what is asked for can be seen.
  init(of layout: PhantomLayout, size: Int, using random: inout Random) {
    let isColoured = random.chance(0.4)
    let contrast = random.logUniform(0.1, 0.55)
    channels = (0..<(isColoured ? 3 : 1)).map { _ in
      let own = isColoured ? contrast * random.uniform(0.4, 1.3) : contrast
      return Self.regions(of: layout, contrast: own, using: &random)
    }
    windows = channels.map { Self.window(of: $0, using: &random) }
    var taken = Acquisition()
    let noise = contrast * random.uniform(0.02, 0.4)
    let correlated = random.uniform()
    taken.noise = noise * (1 - correlated)
    taken.speckle = random.chance(0.15) ? 0.5 * contrast * random.uniform() : 0
    taken.isMagnitude = random.chance(0.25)
    taken.bias = random.chance(0.6) ? random.uniform(0, 0.3) : 0
    let blur = random.chance(0.75) ? random.uniform(1, 3) * Float(size) / 128 : 1
    let uneven = random.chance(0.3) ? random.uniform(1, 1.8) : 1
    taken.resolution = random.chance(0.5) ? (blur * uneven, blur) : (blur, blur * uneven)
    // Averaging over a sample takes this noise down again.
    taken.correlatedNoise = noise * correlated * max(1, 0.7 * blur)
    taken.gamma = exp(0.3 * random.normal())
    taken.ghost = random.chance(0.08) ? 0.5 * contrast * random.uniform() : 0
    taken.rings = random.chance(0.06) ? 0.3 * contrast * random.uniform() : 0
    acquisition = taken
  }

  /// The whole range of the means over most of 0..1, as normalised scans have it, or the values as they are.
  private static func window(
    of regions: [Region], using random: inout Random
  ) -> (gain: Float, offset: Float) {
    let means = regions.map(\.mean)
    guard random.chance(0.65), let low = means.min(), let high = means.max(), high > low else {
      return (1, 0)
    }
    let gain = min(3.5, random.uniform(0.75, 1.05) / (high - low))
    return (gain, random.uniform(0, 0.08) - low * gain)
  }

  private static func regions(
    of layout: PhantomLayout, contrast: Float, using random: inout Random
  ) -> [Region] {
    let base = random.uniform(0.2, 0.75)
    let isDarkOutside = random.chance(0.85)
    var regions = [Region(mean: isDarkOutside ? random.uniform(0, 0.06) : random.uniform())]
    regions.append(Region(mean: random.uniform(0.05, 0.95)))
    for region in 2..<layout.regions {
      let isTissue = layout.tissue.contains { $0.region == region }
      let labelled = layout.tissue.contains { $0.region == region && $0.label > 0 }
      let from =
        layout.under[region].flatMap { $0 > 1 && $0 < region ? regions[$0].mean : nil } ?? base
      let spread: Float =
        labelled
        ? random.uniform(0.8, 2) : isTissue ? random.uniform(0, 0.5) : random.uniform(0.9, 2.4)
      let step = contrast * spread * (random.chance(0.5) ? 1 : -1)
      let mean = (0.03...0.97).contains(from + step) ? from + step : from - step
      regions.append(
        Region(
          mean: min(max(mean, 0.03), 0.97),
          texture: random.chance(0.6) ? contrast * random.uniform(0, 0.3) : 0,
          scale: random.whole(0...2),
          slope: isTissue || random.chance(0.7) ? 0 : contrast * random.uniform(-0.5, 0.5)))
    }
    return regions
  }

  /// The same way of imaging on another day: means, noise, gain and gamma change a little.
  mutating func vary(using random: inout Random) {
    let gain = exp(0.06 * random.normal())
    let shift = 0.015 * random.normal()
    for channel in channels.indices {
      for region in channels[channel].indices where region > 0 {
        channels[channel][region].mean =
          channels[channel][region].mean * gain + shift + 0.012 * random.normal()
      }
    }
    acquisition.noise *= random.uniform(0.7, 1.3)
    acquisition.gamma *= exp(0.06 * random.normal())
    acquisition.resolution.x *= random.uniform(0.9, 1.15)
    acquisition.resolution.y *= random.uniform(0.9, 1.15)
  }
}
