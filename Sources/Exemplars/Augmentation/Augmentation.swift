public import Tensors
public import Volumes

/// How labelled slices are varied before they are encoded.
///
/// A variant is a function of the seed, the case, the slice and its own number alone, so that a store filled twice,
/// in any order, holds the same bits.
public enum Augmentation: Sendable, Hashable {
  /// Every variant is the slice itself.
  case none
  /// SAMed's quarter turns, flips and small rotations; see ``SAMedTransform``.
  case samed
  /// Rotation, scale, shift, elastic warp and intensity; variant 0 is the slice itself.
  case free(FreeAugmentation)

  /// A variant of a slice: image [C, h, w] and label [h, w], resampled together.
  ///
  /// Quarter turns exchange the height and width of a slice that is not square.
  public func callAsFunction(
    image: Tensor, label: ByteImage, seed: UInt64, case name: String, slice: Int, variant: Int
  ) -> (image: Tensor, label: ByteImage) {
    let size = PlaneSize(height: label.height, width: label.width)
    precondition(
      image.shape.count == 3 && Array(image.shape.dropFirst()) == [size.height, size.width],
      "Augmentation: an image \(image.shape) and a label of \(size)")
    var random = Random(seed: seed).split("augmentation").split(name).split("slice", slice)
      .split("variant", variant)
    switch self {
    case .none: return (image, label)
    case .samed:
      let map = SAMedTransform.drawn(using: &random).map(of: size)
      return (map(image), map(label))
    case .free(let ranges):
      return variant == 0
        ? (image, label) : ranges.applied(to: image, label, using: &random)
    }
  }
}

/// SAMed's augmentation of a slice, before it is resized: one of three, the same for image and label.
///
/// With probability ½ `turned`; else with probability ½ `rotated`; else nothing. Image and label are both resampled
/// with order 0 (`datasets/dataset_synapse.py`, RandomGenerator).
public enum SAMedTransform: Sendable, Equatable {
  /// The slice as it is.
  case unchanged
  /// Quarter turns, 0 to 3, and then a flip of axis 0 or 1.
  case turned(quarters: Int, flip: Int)
  /// A rotation by whole degrees of -20 to 19.
  case rotated(degrees: Int)

  /// A transform drawn with SAMed's probabilities.
  public static func drawn(using random: inout Random) -> SAMedTransform {
    if random.uniform() > 0.5 {
      return .turned(
        quarters: Int.random(in: 0..<4, using: &random),
        flip: Int.random(in: 0..<2, using: &random))
    }
    guard random.uniform() > 0.5 else { return .unchanged }
    return .rotated(degrees: Int.random(in: -20..<20, using: &random))
  }

  /// Which pixel each pixel of the result copies.
  public func map(of size: PlaneSize) -> PixelMap {
    switch self {
    case .unchanged: return .quarterTurns(0, of: size)
    case .turned(let quarters, let flip):
      let turn = PixelMap.quarterTurns(quarters, of: size)
      return turn.followed(by: .flip(axis: flip, of: turn.size))
    case .rotated(let degrees): return .rotation(degrees: Double(degrees), of: size)
    }
  }
}
