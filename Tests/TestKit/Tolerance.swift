/// The bounds the suites compare with, by name.
public enum Tolerance {
  /// An operation against a Double twin: largest error over largest reference.
  public static let operation = 1e-5
  /// A gradient against central differences.
  public static let gradient = 1e-3
  /// One transformer block, and the model's activations of order 1, against PyTorch.
  public static let block = 1e-4
}
