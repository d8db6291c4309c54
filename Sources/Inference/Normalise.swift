import Volumes

/// The names a recipe has for the ways of bringing intensities to the model's range.
public enum Normalise: Equatable, Sendable {
  /// Values of 0 to 255 already, then SAM's mean and deviation.
  case sam
  /// The smallest value to 0, the largest to 1.
  case unit
  /// Two values to 0 and 1, what lies beyond them clipped: SAMed's way for CT.
  case window(low: Float, high: Float)
  /// The body's 0.5th and 99.5th percentile to 0 and 255, then SAM's mean and deviation: SAM's own input space.
  case percentile
  /// The same with two values in place of the percentiles: the window of a pack of CT scans.
  case ends(low: Float, high: Float)
  /// The body to mean 0 and deviation 1.
  case zscore
  /// The values as they are.
  case none

  /// Whether SAM's mean and deviation are applied to the resized slice.
  var inSAMSpace: Bool { self == .sam || scaledTo255 }

  /// Whether the volume rule gives 0 to 1 and SAM's space is of 0 to 255.
  var scaledTo255: Bool {
    switch self {
    case .percentile, .ends: true
    default: false
    }
  }

  /// What is done to the volume before it is cut into slices.
  var volumeRule: Normalisation {
    switch self {
    case .sam, .none: .none
    case .unit: .unit
    case .window(let low, let high), .ends(let low, let high): .window(low: low, high: high)
    case .percentile: .percentile
    case .zscore: .zscore
    }
  }
}

extension Normalise: Codable, LosslessStringConvertible {
  /// The name as recipes spell it, with its ends where it has any, such as `window(low, high)`.
  public var description: String {
    switch self {
    case .sam: "sam"
    case .unit: "unit"
    case .window(let low, let high): "window(\(low), \(high))"
    case .percentile: "percentile"
    case .ends(let low, let high): "percentile(\(low), \(high))"
    case .zscore: "zscore"
    case .none: "none"
    }
  }

  /// The rule of a name; nil for a name there is not.
  public init?(_ name: String) {
    switch name {
    case "sam": self = .sam
    case "unit": self = .unit
    case "percentile": self = .percentile
    case "zscore": self = .zscore
    case "none": self = .none
    default:
      if let (low, high) = Normalise.ends(of: name, "window") {
        self = .window(low: low, high: high)
      } else if let (low, high) = Normalise.ends(of: name, "percentile") {
        self = .ends(low: low, high: high)
      } else {
        return nil
      }
    }
  }

  /// The two numbers of `rule(low, high)`.
  private static func ends(of name: String, _ rule: String) -> (Float, Float)? {
    guard name.hasPrefix(rule + "("), name.hasSuffix(")") else { return nil }
    let ends = name.dropFirst(rule.count + 1).dropLast().split(separator: ",")
      .compactMap { Float($0.filter { $0 != " " }) }
    guard ends.count == 2, ends[0] < ends[1] else { return nil }
    return (ends[0], ends[1])
  }

  /// Reads the name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let rule = Normalise(name) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription:
          "normalise is '\(name)'; expected sam, unit, window(low, high), percentile, zscore or none"
      )
    }
    self = rule
  }

  /// Writes the name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
