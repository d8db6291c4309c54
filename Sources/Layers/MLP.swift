public import Autodiff
public import Checkpoints

/// The function between the layers of an MLP.
public enum Activation: Sendable {
  /// The exact GELU, `x · Φ(x)`.
  case gelu
  /// `max(x, 0)`.
  case relu

  func callAsFunction(_ x: Variable) -> Variable {
    switch self {
    case .gelu: Autodiff.gelu(x)
    case .relu: Autodiff.relu(x)
    }
  }
}

/// The MLP of a transformer block: `lin2(activation(lin1(x)))`.
public struct MLPBlock {
  /// The layer that widens.
  public let lin1: Linear
  /// The layer that comes back to the block's width.
  public let lin2: Linear
  private let activation: Activation

  /// Claims `lin1` and `lin2`.
  public init(
    _ scope: Scope, width: Int, hidden: Int, activation: Activation
  ) throws(CheckpointError) {
    lin1 = try Linear(scope / "lin1", from: width, to: hidden, role: .mlp)
    lin2 = try Linear(scope / "lin2", from: hidden, to: width, role: .mlp)
    self.activation = activation
  }

  /// The MLP of `x` [..., C].
  public func callAsFunction(_ x: Variable) -> Variable {
    if activation == .gelu, let first = lin1.frozen, let second = lin2.frozen {
      return frozenMLP(x, first, lin1.bias.variable, second, lin2.bias.variable)
    }
    return lin2(activation(lin1(x)))
  }
}

/// Linear layers with ReLU between them, as in the mask decoder's heads.
public struct MLP {
  /// The layers in order.
  public let layers: [Linear]

  /// Claims `layers.0`, `layers.1`, …, one for each step between two widths.
  public init(_ scope: Scope, widths: [Int], role: Slot.Role) throws(CheckpointError) {
    precondition(widths.count >= 2, "MLP: \(widths) names no layer")
    var layers: [Linear] = []
    for (index, (inputs, outputs)) in zip(widths, widths.dropFirst()).enumerated() {
      layers.append(
        try Linear(scope / "layers" / index, from: inputs, to: outputs, role: role))
    }
    self.layers = layers
  }

  /// The MLP of `x` [..., K].
  public func callAsFunction(_ x: Variable) -> Variable {
    var y = x
    for (index, layer) in layers.enumerated() { y = layer(index == 0 ? y : relu(y)) }
    return y
  }
}
