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
    let y =
      weight.rounded.map { linear(x, $0, bias.variable) }
      ?? linear(x, weight.variable, bias.variable)
    return slot(y, input: x)
  }

  /// The frozen matrix in bfloat16 where nothing else belongs to the map: no correction, no gradient.
  var frozen: FrozenMatrix? {
    guard let rounded = weight.rounded, !rounded.isForTraining, slot.corrections.isEmpty else {
      return nil
    }
    return rounded
  }
}
