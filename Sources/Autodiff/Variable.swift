public import Tensors

/// A value in the graph of a computation, and how its gradient goes back to what it was made of.
///
/// The graph behind it is made of nodes, which hold no values: what the way back needs is in its closures, and any other
/// value lives as long as the variable it is in. An input that wants no gradient has no edge, and whatever its gradient
/// would have needed is not kept.
public final class Variable {
  /// What was computed.
  public let value: Tensor
  /// The place in the graph; nil where no gradient flows to or through this variable.
  let node: Node?

  private init(_ value: Tensor, node: Node?) {
    self.value = value
    self.node = node
  }

  /// A leaf: a parameter (`wantsGradient`) or a constant.
  public convenience init(_ value: Tensor, wantsGradient: Bool = false) {
    self.init(value, node: wantsGradient ? Node(shape: value.shape) : nil)
  }

  /// The result of an operation whose inputs' gradients are computed apart from one another.
  public convenience init(_ value: Tensor, _ edges: Edge?...) {
    let edges = edges.compactMap { $0 }
    self.init(value, inputs: edges.map(\.input)) { dy in edges.map { $0.pullback(dy) } }
  }

  /// The result of an operation whose inputs share work on the way back.
  ///
  /// `pullback` maps the gradient of the value to those of `inputs`, in order, nil for one that does not want
  /// any; it is kept only where some input wants a gradient.
  public convenience init(
    _ value: Tensor, inputs: [Variable], pullback: @escaping (Tensor) -> [Tensor?]
  ) {
    self.init(value, inputs: inputs.map(\.node), pullback: pullback)
  }

  convenience init(
    _ value: Tensor, inputs: [Node?], pullback: @escaping (Tensor) -> [Tensor?]
  ) {
    let hasInputs = inputs.contains { $0 != nil }
    self.init(
      value,
      node: hasInputs ? Node(shape: value.shape, inputs: inputs, pullback: pullback) : nil)
  }

  /// One way back from a result to an input.
  public struct Edge {
    let input: Node?
    let pullback: (Tensor) -> Tensor
  }

  /// The way back to this variable, or nil where it wants no gradient: the closure, and what it holds, dies.
  public func edge(_ pullback: @escaping (Tensor) -> Tensor) -> Edge? {
    node.map { Edge(input: $0, pullback: pullback) }
  }

  /// Whether a gradient flows to or through this variable.
  public var wantsGradient: Bool { node != nil }

  /// The same value without the graph behind it.
  public var detached: Variable { Variable(value) }

  /// The extents of the value.
  public var shape: [Int] { value.shape }
}
