public import Exemplars
public import Inference

extension Recipe {
  /// What a low-rank product is multiplied by: a number, or "8/r" for α / R.
  public enum Scale: Codable, Sendable, Equatable {
    /// The number itself.
    case number(Double)
    /// The number over the rank.
    case overRank(Double)

    /// The factor at a rank.
    public func factor(rank: Int) -> Double {
      switch self {
      case .number(let value): value
      case .overRank(let alpha): alpha / Double(rank)
      }
    }

    /// Reads a number or "number/r".
    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Double.self) {
        self = .number(value)
        return
      }
      let text = try container.decode(String.self)
      guard text.hasSuffix("/r"), let alpha = Double(text.dropLast(2)) else {
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath,
            debugDescription: "expected a number or one over r, as 8/r"))
      }
      self = .overRank(alpha)
    }

    /// Writes a number or "number/r".
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let value): try container.encode(value)
      case .overRank(let alpha): try container.encode("\(alpha)/r")
      }
    }
  }

  /// Which new slices are made of the slices: the kinds and how many of each slice.
  public struct SynthesisSettings: Codable, Sendable, Equatable {
    /// What is done to make one; all kinds where nothing is said, none for no synthesis.
    public var kinds: [Synthesis.Kind]
    /// The number of new slices of each slice; where everything learns, their share among the visits is as if there were so
    /// many beside the variants of the slice.
    public var count: Int

    /// Settings of some kinds.
    public init(kinds: [Synthesis.Kind], count: Int = 10) {
      self.kinds = kinds
      self.count = count
    }

    enum CodingKeys: String, CodingKey {
      case kinds, count
    }

    /// Reads kinds and count; either may be left out.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      let words = try container.decodeIfPresent([String].self, forKey: .kinds)
      kinds = try (words ?? Synthesis.Kind.allCases.map(\.rawValue)).map { word in
        guard let kind = Synthesis.Kind(rawValue: word) else {
          let known = Synthesis.Kind.allCases.map(\.rawValue).joined(separator: ", ")
          throw DecodingError.dataCorruptedError(
            forKey: .kinds, in: container,
            debugDescription: "expected some of \(known), not \(word)")
        }
        return kind
      }
      count = try container.decodeIfPresent(Int.self, forKey: .count) ?? 10
    }
  }

  /// The greatest common norm of the gradients: "none" or a number.
  public enum Clip: Codable, Sendable, Equatable {
    /// Gradients stay as they are.
    case none
    /// Gradients of a greater norm are scaled down to it.
    case norm(Double)

    /// Reads "none" or a number.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Double.self) {
        self = .norm(value)
      } else if try container.decode(String.self) == "none" {
        self = .none
      } else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "expected none or a norm, as 1.0")
        )
      }
    }

    /// Writes "none" or the number.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .none: try container.encode("none")
      case .norm(let value): try container.encode(value)
      }
    }
  }

  /// How intensities become the encoder's numbers: a rule, or "window" for the one the pack names.
  public enum Intensities: Codable, Sendable, Equatable {
    /// The pack's window to 0...1.
    case packWindow
    /// The rule itself.
    case rule(Normalise)

    /// Reads the rule's name.
    public init(from decoder: any Decoder) throws {
      let name = try decoder.singleValueContainer().decode(String.self)
      if name == "window" {
        self = .packWindow
      } else if let rule = Normalise(name) {
        self = .rule(rule)
      } else {
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath,
            debugDescription:
              "expected sam, unit, window, window(low, high), percentile, zscore or none"))
      }
    }

    /// Writes the rule's name.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .packWindow: try container.encode("window")
      case .rule(let rule): try container.encode(rule.description)
      }
    }
  }
}
