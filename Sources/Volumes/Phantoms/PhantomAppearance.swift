import Foundation
import Tensors

/// What the regions of a scene look like and how an image of them is taken.
struct PhantomAppearance: Sendable {
  /// The look of one region in one channel.
  struct Region: Sendable {
    var mean: Float
    /// How strong the texture is, and which of the three scales, 0 the finest.
    var texture: Float = 0
    var scale = 0
    /// How much the brightness changes from the surface to the middle of a structure.
    var slope: Float = 0
  }

  /// How an image is taken; amplitudes are deviations on the scale of 0..1.
  struct Acquisition: Sendable {
    /// The share of white noise, of noise as wide as the resolution, and of noise in proportion to the signal.
    var noise: Float = 0
    var correlatedNoise: Float = 0
    var speckle: Float = 0
    /// Whether the noise is that of a magnitude image, which lifts the dark.
    var isMagnitude = false
    /// The strength of the slowly changing gain.
    var bias: Float = 0
    /// How many voxels one measured sample is wide, along y and along x.
    var resolution: (y: Float, x: Float) = (1, 1)
    var gamma: Float = 1
    /// The strength of a shifted copy and of rings around the centre.
    var ghost: Float = 0
    var rings: Float = 0
  }

  /// The regions of each channel.
  var channels: [[Region]]
  /// What each channel is multiplied by and shifted by before it is clipped: the window it is shown in.
  var windows: [(gain: Float, offset: Float)]
  var acquisition: Acquisition

  /// The image [C, D, H, W] of painted regions.
  func image(
    of painting: PhantomScene.Painting, extents: [Int], textures: Tensor, using random: inout Random
  ) -> Tensor {
    let count = extents.product
    let gain = SmoothField(intervals: extents.map { $0 > 1 ? 2 : 1 }, extents: extents)
      .drawn(1, amplitude: 2 * acquisition.bias, using: &random)
    let key = random.next()
    let resolved = resolution(
      clean(painting, count, textures, gain, key).reshaped([channels.count] + extents))
    return measured(resolved, count, extents, key)
  }

  /// Means, textures and gain before anything is measured.
  private func clean(
    _ painting: PhantomScene.Painting, _ count: Int, _ textures: Tensor, _ gain: Tensor,
    _ key: UInt64
  ) -> Tensor {
    Tensor(unfilled: [channels.count, count]) { image in
      withPointers(textures, gain) { textures, gain in
        painting.regions.withUnsafeBufferPointer { regions in
          painting.depths.withUnsafeBufferPointer { depths in
            for (channel, looks) in channels.enumerated() {
              looks.withUnsafeBufferPointer { looks in
                let plane = image + channel * count
                let noiseKey = key &+ UInt64(channel) &* 0x51_7CC1_B727_220A
                for k in 0..<count {
                  let look = looks[Int(regions[k])]
                  let noise = quickNormal(mixedBits(noiseKey &+ UInt64(k) &* 0x9E37_79B9_7F4A_7C15))
                  let value =
                    look.mean + look.texture * textures[look.scale * count + k]
                    + look.slope * depths[k]
                  plane[k] = value * (1 + gain[k]) + acquisition.correlatedNoise * noise
                }
              }
            }
          }
        }
      }
    }
  }

  private func resolution(_ image: Tensor) -> Tensor {
    let (y, x) = acquisition.resolution
    guard y > 1.05 || x > 1.05 else { return image }
    let (height, width) = (image.shape[2], image.shape[3])
    return
      image
      .resized(
        height: max(4, Int(Float(height) / y)), width: max(4, Int(Float(width) / x)),
        antialias: true
      )
      .resized(height: height, width: width)
  }

  /// Artefacts, noise, gamma; clipped to 0..1.
  private func measured(
    _ image: Tensor, _ count: Int, _ extents: [Int], _ key: UInt64
  ) -> Tensor {
    let (height, width) = (extents[1], extents[2])
    let shift = Int(key % 7 + 3) * width
    let period = 0.15 + Float(key >> 8 & 0xFF) / 800
    return Tensor(unfilled: image.shape) { result in
      image.withPointer { image in
        for channel in channels.indices {
          let (from, to) = (image + channel * count, result + channel * count)
          let window = windows[channel]
          let seed = key &+ UInt64(channel + 16) &* 0x2545_F491_4F6C_DD1D
          for k in 0..<count {
            let bits = mixedBits(seed &+ UInt64(k) &* 0x9E37_79B9_7F4A_7C15)
            let noise = quickNormal(bits)
            var value = from[k]
            if acquisition.ghost > 0, k >= shift { value += acquisition.ghost * from[k - shift] }
            if acquisition.rings > 0 {
              let y = Float(k / width % height) - Float(height) / 2
              let x = Float(k % width) - Float(width) / 2
              let phase = (y * y + x * x).squareRoot() * period
              value += acquisition.rings * (phase - phase.rounded())
            }
            let deviation = acquisition.noise + acquisition.speckle * value
            if acquisition.isMagnitude {
              let other = quickNormal(mixedBits(bits))
              let real = value + deviation * noise
              let imaginary = deviation * other
              value = (real * real + imaginary * imaginary).squareRoot()
            } else {
              value += deviation * noise
            }
            to[k] = min(max(value * window.gain + window.offset, 0), 1)
          }
          if acquisition.gamma != 1 {
            for k in 0..<count { to[k] = powf(to[k], acquisition.gamma) }
          }
        }
      }
    }
  }
}
