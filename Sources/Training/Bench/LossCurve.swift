/// Collects the loss of a training's steps into few points.
struct LossCurve {
  /// The most points.
  static let most = 60

  private(set) var points: [CellResult.CurvePoint] = []
  /// The steps taken.
  private(set) var steps = 0
  private var sum = 0.0
  private var count = 0

  /// Takes up an event of a training.
  mutating func take(_ event: TrainingEvent) {
    guard case .stepped(let record, let total) = event else { return }
    steps = record.step
    sum += record.loss
    count += 1
    let length = max(1, (total + Self.most - 1) / Self.most)
    guard record.step.isMultiple(of: length) || record.step == total else { return }
    points.append(
      CellResult.CurvePoint(
        step: record.step, seconds: record.seconds, loss: sum / Double(count)))
    (sum, count) = (0, 0)
  }
}
