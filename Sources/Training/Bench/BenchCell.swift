/// One cell of a comparison: a method with some exemplars, a seed and a synthesis.
public struct BenchCell: Sendable, Hashable, Codable {
  /// The method's label.
  public var method: String
  /// The number of exemplars.
  public var exemplars: Int
  /// How they were chosen.
  public var selection: String
  /// Which of the choices it is, from 1.
  public var choice: Int
  /// The seed.
  public var seed: UInt64
  /// The synthesis' label; nil for none.
  public var synthesis: String?
  /// The new centre; nil in a plan without centres.
  public var centre: String?

  /// The name, which is its folder's.
  public var id: String {
    let parts = [
      Self.slug(method), "k\(exemplars)", "\(selection)\(choice)", "seed\(seed)",
      synthesis.map(Self.slug), centre.map(Self.slug),
    ]
    return parts.compactMap(\.self).joined(separator: "_")
  }

  /// A text as part of a file's name: letters, digits, points and single hyphens.
  static func slug(_ text: String) -> String {
    let kept = text.lowercased().map { character -> Character in
      character.isASCII && (character.isLetter || character.isNumber || character == ".")
        ? character : "-"
    }
    return String(kept).split(separator: "-").joined(separator: "-")
  }
}

/// One of `count` parts of a bench's cells, so that several programs can share the work.
public struct BenchShard: Sendable, Equatable {
  /// Which part, from 1.
  public let index: Int
  /// How many parts there are.
  public let count: Int

  /// The part `i/n`; nil where the text is none.
  public init?(_ text: String) {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let index = numbers[0], let count = numbers[1], count > 0,
      (1...count).contains(index)
    else { return nil }
    self.index = index
    self.count = count
  }
}

extension BenchPlan {
  /// The cells in the order they are run: whole comparisons of all methods one after the other, first choices and seeds
  /// first, so that what is there at any time can be compared.
  public var cells: [BenchCell] {
    centres.map { $0.new.flatMap { cells(of: $0) } } ?? cells(of: nil)
  }

  private func cells(of centre: String?) -> [BenchCell] {
    var cells: [BenchCell] = []
    let most = choices.map(\.count).max() ?? 1
    for seed in seeds {
      for choice in 1...most {
        for rule in choices where choice <= rule.count {
          for count in exemplars {
            cells += arms(seed: seed).map { arm in
              BenchCell(
                method: arm.label, exemplars: count, selection: rule.name, choice: choice,
                seed: seed, synthesis: arm.synthesis, centre: centre)
            }
          }
        }
      }
    }
    return cells
  }

  /// The cells of a part: of each method every n-th, the methods taking turns in who begins.
  public func cells(of shard: BenchShard) -> [BenchCell] {
    var seen: [String: Int] = [:]
    return cells.filter { cell in
      let arm = "\(cell.method)\n\(cell.synthesis ?? "")\n\(cell.centre ?? "")"
      let first = methods.firstIndex { $0.label == cell.method } ?? 0
      let place = seen[arm, default: first]
      seen[arm] = place + 1
      return place % shard.count == shard.index - 1
    }
  }

  /// A method with a synthesis.
  private struct Arm {
    let label: String
    let synthesis: String?
  }

  /// The arms of a seed; methods without recipe have no synthesis, and nothing of them is random.
  private func arms(seed: UInt64) -> [Arm] {
    methods.flatMap { method -> [Arm] in
      guard case .direct? = BenchMethod(method.name) else {
        return synthesis.map {
          Arm(label: method.label, synthesis: $0.value == nil ? nil : $0.label)
        }
      }
      return seed == seeds.first ? [Arm(label: method.label, synthesis: nil)] : []
    }
  }
}
