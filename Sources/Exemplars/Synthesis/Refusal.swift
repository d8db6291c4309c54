/// Why something synthesised was thrown away and drawn again.
public enum Refusal: String, Error, Sendable, Hashable, CaseIterable {
  /// A deformation folded the image somewhere.
  case folded
  /// A structure fell below half of its voxels, or grew beyond twice of them.
  case lost
  /// A moved structure found no place in the body.
  case noPlace = "no_place"
  /// The two exemplars of a morph were not alike after registration.
  case unlike
  /// The exemplar has no structure to move or to align by.
  case empty

  /// The reason in words.
  public var words: String {
    switch self {
    case .folded: "folded"
    case .lost: "structure lost"
    case .noPlace: "no place in the body"
    case .unlike: "exemplars unlike"
    case .empty: "nothing to move"
    }
  }
}
