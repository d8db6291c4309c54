import Failures

/// Why something synthesised was thrown away and drawn again.
public enum Refusal: String, Error, Sendable, Hashable, Codable, CaseIterable {
  /// A deformation folded the image somewhere.
  case folded
  /// A structure fell below half of its voxels.
  case lost
  /// A moved structure found no place in the body.
  case noPlace = "no place"
  /// The two exemplars of a morph were not alike after registration.
  case unlike
  /// The exemplar has no structure to move, or none to align by.
  case empty
}
