public import Tensors

/// A value in the graph of a computation, and how its gradient goes back to what it was made of.
///
/// Edges point only at inputs, so there is no cycle and no tape; an input that wants no gradient has no edge,
/// and whatever its gradient would have needed is not kept.
public final class Variable {
  /// What was computed.
  public let value: Tensor
  /// Whether a gradient flows to or through this variable.
  public let wantsGradient: Bool
  /// One more than the depth of the deepest input, 0 for a leaf: `Gradients` walks by it.
  let depth: Int
  private(set) var inputs: [Variable]
  private(set) var pullback: ((Tensor) -> [Tensor?])?

  /// A leaf: a parameter (`wantsGradient`) or a constant.
  public init(_ value: Tensor, wantsGradient: Bool = false) {
    self.value = value
    self.wantsGradient = wantsGradient
    depth = 0
    inputs = []
    pullback = nil
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
  public init(
    _ value: Tensor, inputs: [Variable], pullback: @escaping (Tensor) -> [Tensor?]
  ) {
    self.value = value
    wantsGradient = inputs.contains(where: \.wantsGradient)
    depth = wantsGradient ? 1 + (inputs.map(\.depth).max() ?? 0) : 0
    self.inputs = wantsGradient ? inputs : []
    self.pullback = wantsGradient ? pullback : nil
  }

  /// One way back from a result to an input.
  public struct Edge {
    let input: Variable
    let pullback: (Tensor) -> Tensor
  }

  /// The way back to this variable, or nil where it wants no gradient: the closure, and what it holds, dies.
  public func edge(_ pullback: @escaping (Tensor) -> Tensor) -> Edge? {
    wantsGradient ? Edge(input: self, pullback: pullback) : nil
  }

  /// The same value without the graph behind it.
  public var detached: Variable { Variable(value) }

  /// The extents of the value.
  public var shape: [Int] { value.shape }

  /// Lets go of the graph behind this variable, once its gradient has been passed on.
  func release() {
    inputs = []
    pullback = nil
  }

  /// Takes the graph apart one node at a time: a chain of 100 000 nodes must not overflow the stack.
  deinit {
    pullback = nil
    var doomed = inputs
    inputs = []
    while var last = doomed.popLast() {
      guard isKnownUniquelyReferenced(&last) else { continue }
      last.pullback = nil
      doomed.append(contentsOf: last.inputs)
      last.inputs = []
    }
  }
}
