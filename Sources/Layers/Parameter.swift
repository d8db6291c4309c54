public import Autodiff
public import Tensors

/// A named tensor of a model: frozen until a plan says that it learns.
///
/// The name is the checkpoint's key. Setting the value or `learns` makes a new leaf of the graph, so that a graph
/// built before keeps what it was built from.
public final class Parameter {
  /// The checkpoint's key.
  public let name: String
  /// Whether it is a constant of the model, such as the directions of the positional encoding, which never learns.
  public let isConstant: Bool
  /// The leaf that stands for the parameter in a graph.
  public private(set) var variable: Variable
  /// The matrix rounded to bfloat16, where it is frozen and its products are wanted so.
  public private(set) var rounded: FrozenMatrix?

  /// A frozen parameter.
  public init(_ name: String, _ value: Tensor, isConstant: Bool = false) {
    self.name = name
    self.isConstant = isConstant
    variable = Variable(value)
  }

  /// The numbers; a new value has the old one's shape.
  public var value: Tensor {
    get { variable.value }
    set {
      precondition(
        newValue.shape == shape, "\(name): the shape is \(shape), the new value's \(newValue.shape)"
      )
      variable = Variable(newValue, wantsGradient: learns)
      rounded = rounded.map { FrozenMatrix(newValue, forTraining: $0.isForTraining) }
    }
  }

  /// Whether gradients flow to it.
  public var learns: Bool {
    get { variable.wantsGradient }
    set {
      precondition(!(newValue && isConstant), "\(name) is a constant of the model and cannot learn")
      guard newValue != learns else { return }
      variable = Variable(value, wantsGradient: newValue)
      rounded = nil
    }
  }

  /// Has products with this matrix computed in a number format while it is frozen; for training, those of gradients too.
  public func compute(in precision: Precision, forTraining: Bool) {
    rounded =
      precision == .bf16 && !learns ? FrozenMatrix(value, forTraining: forTraining) : nil
  }

  /// The extents.
  public var shape: [Int] { variable.shape }
}
