public import Autodiff

/// What is added to the result of a frozen linear map: a low-rank product, a bottleneck.
public protocol Correction {
  /// The corrected result: `y` [..., N] for the map's result, `x` [..., K] for what the map was applied to.
  func corrected(_ y: Variable, input x: Variable) -> Variable

  /// The matrix [N, K] of the map with the correction added.
  func corrected(matrix: Variable) -> Variable
}

/// The place in a layer where corrections plug in; the layer itself stays as it is.
///
/// The matrix that a slot corrects has a row for each output: a convolution counts as [out, in·k·k], the point
/// embeddings of the prompt encoder as one [4, C].
public final class Slot {
  /// What a layer does in the model, by which a plan chooses.
  public enum Role: String, Sendable, Codable, CaseIterable {
    /// A projection of an attention.
    case attention
    /// A layer of a transformer block's MLP.
    case mlp
    /// A layer of an MLP that turns a mask token into weights.
    case hypernetwork
    /// A layer of the head that predicts the IoU.
    case quality
    /// A convolution whose kernel is as large as its stride.
    case convolution
    /// A table of which rows are picked.
    case embedding
  }

  /// The layer's path in the checkpoint, without `weight` and `bias`.
  public let path: String
  /// What the layer does.
  public let role: Role
  /// The rows of the corrected matrix.
  public let outputs: Int
  /// The columns of the corrected matrix.
  public let inputs: Int
  /// What is added, in this order.
  public var corrections: [any Correction] = []

  init(_ path: String, role: Role, outputs: Int, inputs: Int) {
    self.path = path
    self.role = role
    self.outputs = outputs
    self.inputs = inputs
  }

  /// The map's result `y` [..., outputs] with all corrections for its input `x` [..., inputs].
  public func callAsFunction(_ y: Variable, input x: Variable) -> Variable {
    corrections.reduce(y) { $1.corrected($0, input: x) }
  }

  /// The map's matrix [outputs, inputs] with all corrections.
  public func callAsFunction(matrix: Variable) -> Variable {
    corrections.reduce(matrix) { $1.corrected(matrix: $0) }
  }
}
