/// How many images were made, how often one was drawn again and why, and how many were made a simpler way.
public struct SynthesisTally: Sendable, Equatable {
  /// The images made.
  public private(set) var made = 0
  /// The draws that were refused, by reason.
  public private(set) var refusals: [Refusal: Int] = [:]
  /// The images whose kind did not succeed, so that they were only deformed or kept their shapes.
  public private(set) var simpler = 0

  /// Nothing made yet.
  public init() {}

  /// The draws that were refused.
  public var drawnAgain: Int { refusals.values.reduce(0, +) }

  /// Counts an image.
  public mutating func add(_ refusals: [Refusal: Int], missed: Synthesis.Kind?) {
    made += 1
    simpler += missed == nil ? 0 : 1
    self.refusals.merge(refusals) { $0 + $1 }
  }

  /// All of it in a sentence.
  public var sentence: String {
    let reasons = Refusal.allCases.filter { refusals[$0] != nil }
      .map { "\($0.words) \(refusals[$0] ?? 0)" }
    let draws =
      reasons.isEmpty
      ? "none was drawn again"
      : "\(drawnAgain) draws were refused and made again (\(reasons.joined(separator: ", ")))"
    let rest =
      simpler == 0
      ? "" : "; for \(simpler) no draw of the due kind succeeded, a simpler one was used"
    return "\(made) new images; \(draws)\(rest)."
  }
}
