/// What a bench tells while it works.
public enum BenchEvent: Sendable {
  /// Cases are being placed by their embeddings, to choose exemplars: how many of how many.
  case placed(Int, of: Int)
  /// A cell begins.
  case began(BenchCell)
  /// Something of a cell's training.
  case trained(BenchCell, TrainingEvent)
  /// How many slices of the test cases are predicted, of how many.
  case predicted(BenchCell, Int, of: Int)
  /// A cell's result is written.
  case finished(CellResult)
  /// A cell has no result.
  case failed(BenchCell, reason: String)
  /// A cell is left to another program, which is at work on it.
  case skipped(BenchCell)
}
