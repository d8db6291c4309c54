public import Autodiff
public import Checkpoints

/// The normalisation of the last axis; on channel-last images it is upstream's `LayerNorm2d` as well.
public struct LayerNorm {
  /// The factor [C].
  public let weight: Parameter
  /// The offset [C].
  public let bias: Parameter
  /// What is added to the variance.
  public let epsilon: Float

  /// Claims `weight` and `bias`; `epsilon` is added to the variance.
  public init(_ scope: Scope, width: Int, epsilon: Float) throws(CheckpointError) {
    weight = try scope("weight", width)
    bias = try scope("bias", width)
    self.epsilon = epsilon
  }

  /// The normalised `x` [..., C].
  public func callAsFunction(_ x: Variable) -> Variable {
    layerNorm(x, weight.variable, bias.variable, epsilon: epsilon)
  }
}
