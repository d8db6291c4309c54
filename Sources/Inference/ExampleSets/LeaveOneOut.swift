import Autodiff
public import Tensors

/// Finds out how a task's exemplars are best looked at, by asking about some of them as if they were not known.
///
/// Of a task of several cases the exemplars of other cases answer, of a task of one its other slices. Nothing is trained.
public struct LeaveOneOut {
  /// The most slices that are asked about.
  static let most = 12
  /// What another setting must gain to be preferred to an earlier one: the Dice of all questions in sum.
  static let margin = 0.03

  let network: ExampleSetNetwork
  let exemplars: [ExampleSlice]
  /// The slices that are asked about.
  let questions: [ExampleSlice]

  /// The questions about a task's exemplars: some labelled slices, evenly chosen among all.
  public init(_ network: ExampleSetNetwork, exemplars: [ExampleSlice]) {
    self.network = network
    self.exemplars = exemplars
    let labelled = exemplars.filter(\.isLabelled)
    let count = min(LeaveOneOut.most, labelled.count)
    questions = (0..<count).map { labelled[(2 * $0 + 1) * labelled.count / (2 * count)] }
  }

  /// Whether there is anything to ask with an exemplar left to answer.
  public var isPossible: Bool {
    questions.contains { question in
      Self.others(than: question, among: exemplars).contains(where: \.isLabelled)
    }
  }

  /// The settings that answer best, beginning from the given ones, and the mean Dice they reach.
  ///
  /// How the prior looks at the exemplars comes first, then how much the decoder's answer counts, where it counts at all.
  public func best(from start: ExampleSetSettings) -> (settings: ExampleSetSettings, dice: Double) {
    var best = start
    var reached = dice(best)
    let margin = LeaveOneOut.margin / Double(max(1, questions.count))
    func consider(_ settings: ExampleSetSettings) {
      guard settings != best else { return }
      let dice = dice(settings)
      if dice > reached + margin { (best, reached) = (settings, dice) }
    }
    for sharpness: Float in [1, 0.5, 2] {
      for nearness: Float in [1, 0] {
        var settings = best
        (settings.sharpness, settings.nearness) = (sharpness, nearness)
        consider(settings)
      }
    }
    guard start.decoder != 0 else { return (best, reached) }
    for decoder: Float in [0.5, 2, 0] {
      var settings = best
      settings.decoder = decoder
      consider(settings)
    }
    return (best, reached)
  }

  /// The mean Dice of the answers under some settings.
  public func dice(_ settings: ExampleSetSettings) -> Double {
    var scores = [Double?](repeating: nil, count: questions.count)
    scores.withUnsafeMutableBufferPointer { scores in
      let scores = scores
      parallel(questions.count) { index in
        let question = questions[index]
        let others = LeaveOneOut.others(than: question, among: exemplars)
        guard others.contains(where: \.isLabelled) else { return }
        let logits = network.logits(of: question, exemplars: others, settings: settings).value
        scores[index] = LeaveOneOut.dice(of: logits, question.classes)
      }
    }
    let known = scores.compactMap { $0 }
    return known.isEmpty ? 0 : known.reduce(0, +) / Double(known.count)
  }

  /// The exemplars that answer for a slice: those of other cases where one of them is labelled, else the other slices.
  public static func others(
    than slice: ExampleSlice, among exemplars: [ExampleSlice]
  ) -> [ExampleSlice] {
    let elsewhere = exemplars.filter { $0.caseName != slice.caseName }
    if elsewhere.contains(where: \.isLabelled) { return elsewhere }
    return exemplars.filter { $0.caseName != slice.caseName || $0.place != slice.place }
  }

  /// The mean Dice of the classes, the background excepted, that are in the labels, for logits [1, K, h, w].
  public static func dice(of logits: Tensor, _ classes: [UInt8]) -> Double {
    let found = VolumePrediction.highest(logits.reshaped(Array(logits.shape.dropFirst())))
    var (both, either) = ([Int](repeating: 0, count: 256), [Int](repeating: 0, count: 256))
    var wanted = both
    for (own, right) in zip(found, classes) {
      either[Int(own)] += 1
      either[Int(right)] += 1
      wanted[Int(right)] += 1
      if own == right { both[Int(right)] += 1 }
    }
    let present = (1..<256).filter { wanted[$0] > 0 }
    guard !present.isEmpty else { return 1 }
    return present.map { 2 * Double(both[$0]) / Double(either[$0]) }.reduce(0, +)
      / Double(present.count)
  }
}
