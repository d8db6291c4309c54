import Tensors

/// A shift and a common scale that bring the labelled voxels of one image onto those of another.
///
/// Centres of mass are brought together, and sizes (root mean squares of the distance from the centre), as far as they differ
/// by no more than a quarter.
struct Alignment {
  /// The lattice of the image that stays.
  let target: Lattice
  private let source: Lattice
  /// What a step of the target is in the source, along D, H, W, and where the target's origin lies in it.
  private let factors: SIMD3<Float>
  private let offsets: SIMD3<Float>

  /// The alignment of `moving` to `fixed`; nil where one of them has no labelled voxel, or one is a slice and one a volume.
  init?(of moving: AnnotatedImage, to fixed: AnnotatedImage) {
    guard let one = LabelMoments(fixed), let other = LabelMoments(moving),
      fixed.lattice.isFlat == moving.lattice.isFlat
    else { return nil }
    let ratio = one.radius > 0 && other.radius > 0 ? other.radius / one.radius : 1
    let scale = min(max(ratio, 0.8), 1.25)
    target = fixed.lattice
    source = moving.lattice
    let factors = (0..<3).map { axis in
      scale * fixed.lattice.spacing[axis] * fixed.lattice.pixel
        / (moving.lattice.spacing[axis] * moving.lattice.pixel)
    }
    self.factors = SIMD3(factors)
    offsets = SIMD3((0..<3).map { other.centre[$0] - factors[$0] * one.centre[$0] })
  }

  /// The image on the lattice it is aligned to, its label by nearest voxels, and where it has values [1, D, H, W].
  func callAsFunction(_ moving: AnnotatedImage) -> (image: AnnotatedImage, inside: Tensor) {
    let (from, to) = (source.extents, target.extents)
    let count = target.count
    let end = SIMD3(Float(from[0]), Float(from[1]), Float(from[2])) - 0.5
    var label = [UInt8](repeating: 0, count: count)
    var inside = Tensor(zeros: [1] + to)
    let channels = moving.channels
    let image = Tensor(unfilled: [channels] + to) { y in
      moving.image.withPointer { x in
        inside.withMutablePointer { inside in
          for at in 0..<count {
            let place = offsets + factors * SIMD3<Float>(target.place(at))
            let isInside = all(place .> -0.5) && all(place .< end)
            inside[at] = isInside ? 1 : 0
            let around = Around(place[0], place[1], place[2], from[0], from[1], from[2])
            for channel in 0..<channels {
              y[channel * count + at] = around.value(of: x + channel * source.count)
            }
            guard isInside else { continue }
            var index = 0
            for axis in 0..<3 {
              let voxel = Int((place[axis] + 0.5).rounded(.down))
              index = index * from[axis] + min(max(voxel, 0), from[axis] - 1)
            }
            label[at] = moving.label[index]
          }
        }
      }
    }
    return (AnnotatedImage(image: image, label: label, lattice: target), inside)
  }
}

/// Where the labelled voxels of an image lie and how far they spread.
private struct LabelMoments {
  /// The centre of mass, in voxels along D, H, W.
  let centre: [Float]
  /// The root mean square of the distance from it, in the unit of the geometry.
  let radius: Float

  init?(_ image: AnnotatedImage) {
    var (count, sums, squares) = (0, SIMD3<Int>.zero, SIMD3<Int>.zero)
    for (at, label) in image.label.enumerated() where label != 0 {
      count += 1
      let place = image.lattice.place(at)
      sums &+= place
      squares &+= place &* place
    }
    guard count > 0 else { return nil }
    let means = (0..<3).map { Double(sums[$0]) / Double(count) }
    centre = means.map { Float($0) }
    let variance = (0..<3).reduce(0.0) { sum, axis in
      let length = Double(image.lattice.spacing[axis] * image.lattice.pixel)
      return sum
        + (Double(squares[axis]) / Double(count) - means[axis] * means[axis]) * length * length
    }
    radius = Float(max(variance, 0).squareRoot())
  }
}
