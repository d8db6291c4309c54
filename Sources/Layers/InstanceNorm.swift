public import Autodiff
public import Checkpoints

/// The normalisation of each channel of an image over its pixels, followed by a leaky rectifier.
public struct InstanceNorm {
  /// The factor [C].
  public let weight: Parameter
  /// The offset [C].
  public let bias: Parameter
  private let slope: Float

  /// Claims `weight` and `bias`; values below 0 are multiplied by `slope`.
  ///
  /// As in PyTorch, 1e-5 is added to the variance.
  public init(_ scope: Scope, width: Int, slope: Float) throws(CheckpointError) {
    weight = try scope("weight", width)
    bias = try scope("bias", width)
    self.slope = slope
  }

  /// The normalised and rectified `x` [B, H, W, C].
  public func callAsFunction(_ x: Variable) -> Variable {
    instanceNorm(x, weight.variable, bias.variable, epsilon: 1e-5, slope: slope)
  }
}
