import Tensors

/// A place in the graph that a gradient flows to or through.
///
/// Edges point only at inputs, so there is no cycle and no tape.
final class Node {
  /// The extents of the value that was computed here.
  let shape: [Int]
  /// One more than the depth of the deepest input, 0 for a leaf: `Gradients` walks by it.
  let depth: Int
  /// What the value was made of; nil for an input that wants no gradient.
  private(set) var inputs: [Node?]
  /// Maps the gradient of the value to those of the inputs; nil for a leaf.
  private(set) var pullback: ((Tensor) -> [Tensor?])?

  /// A leaf.
  init(shape: [Int]) {
    self.shape = shape
    depth = 0
    inputs = []
    pullback = nil
  }

  /// The result of an operation.
  init(shape: [Int], inputs: [Node?], pullback: @escaping (Tensor) -> [Tensor?]) {
    self.shape = shape
    depth = 1 + (inputs.compactMap { $0?.depth }.max() ?? 0)
    self.inputs = inputs
    self.pullback = pullback
  }

  /// The leaves behind this node, each once, in a fixed order.
  var leaves: [Node] {
    var found: [Node] = []
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(self)]
    var waiting = [self]
    while let node = waiting.popLast() {
      if node.pullback == nil { found.append(node) }
      for case .some(let input) in node.inputs
      where seen.insert(ObjectIdentifier(input)).inserted {
        waiting.append(input)
      }
    }
    return found
  }

  /// Lets go of the graph behind this node, once its gradient has been passed on.
  func release() {
    inputs = []
    pullback = nil
  }

  /// Takes the graph apart one node at a time: a chain of 100 000 nodes must not overflow the stack.
  deinit {
    pullback = nil
    var doomed = inputs.compactMap { $0 }
    inputs = []
    while var last = doomed.popLast() {
      guard isKnownUniquelyReferenced(&last) else { continue }
      last.pullback = nil
      doomed.append(contentsOf: last.inputs.compactMap { $0 })
      last.inputs = []
    }
  }
}
