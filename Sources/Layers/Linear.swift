public import Autodiff
public import Checkpoints

/// A linear map with a slot for corrections: `y = x · Wᵀ + b + correction(x)`.
public struct Linear {
  /// The matrix [N, K].
  public let weight: Parameter
  /// The offset [N].
  public let bias: Parameter
  /// Where corrections plug in.
  public let slot: Slot

  /// Claims `weight` and `bias`.
  public init(
    _ scope: Scope, from inputs: Int, to outputs: Int, role: Slot.Role
  ) throws(CheckpointError) {
    weight = try scope("weight", outputs, inputs)
    bias = try scope("bias", outputs)
    slot = scope.slot(role, outputs: outputs, inputs: inputs)
  }

  /// The matrix [N, K] with its corrections.
  public var matrix: Variable { slot(matrix: weight.variable) }

  /// The map of `x` [..., K]: [..., N].
  public func callAsFunction(_ x: Variable) -> Variable {
    slot(linear(x, weight.variable, bias.variable), input: x)
  }
}
