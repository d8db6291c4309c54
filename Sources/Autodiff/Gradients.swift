public import Tensors

/// The gradients of one scalar with respect to every leaf it depends on.
public struct Gradients {
  private var leaves: [ObjectIdentifier: Tensor] = [:]

  /// Walks back from a scalar loss; the graph is let go on the way.
  public init(of loss: Variable) {
    precondition(
      loss.value.count == 1, "Gradients: the loss has shape \(loss.shape), not one element")
    self.init(of: loss, cotangent: Tensor(loss.shape, repeating: 1))
  }

  /// Walks back from `output`, whose gradient is `cotangent`; the graph is let go on the way.
  public init(of output: Variable, cotangent: Tensor) {
    precondition(
      output.shape == cotangent.shape,
      "Gradients: the output has shape \(output.shape), its cotangent \(cotangent.shape)")
    guard let end = output.node else { return }
    var waiting: [[Node]] = Array(repeating: [], count: end.depth + 1)
    var sums: [ObjectIdentifier: Tensor] = [ObjectIdentifier(end): cotangent]
    waiting[end.depth] = [end]
    for depth in stride(from: end.depth, through: 0, by: -1) {
      let level = waiting[depth]
      waiting[depth] = []
      for node in level {
        guard let gradient = sums.removeValue(forKey: ObjectIdentifier(node)) else { continue }
        guard let pullback = node.pullback else {
          leaves[ObjectIdentifier(node)] = gradient
          continue
        }
        for case (.some(let input), .some(let part)) in zip(node.inputs, pullback(gradient)) {
          precondition(
            part.shape == input.shape,
            "Gradients: a gradient of shape \(part.shape) for a value of shape \(input.shape)")
          if var sum = sums.removeValue(forKey: ObjectIdentifier(input)) {
            sum.add(part)
            sums[ObjectIdentifier(input)] = sum
          } else {
            sums[ObjectIdentifier(input)] = part
            waiting[input.depth].append(input)
          }
        }
        node.release()
      }
    }
  }

  /// The gradient for a leaf, or nil where the loss does not depend on it.
  public subscript(leaf: Variable) -> Tensor? { leaf.node.flatMap { self[$0] } }

  subscript(leaf: Node) -> Tensor? { leaves[ObjectIdentifier(leaf)] }
}
