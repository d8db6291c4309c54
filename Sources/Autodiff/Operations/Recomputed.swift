import Tensors

/// The result of `body`, of whose graph only the input is kept: the way back computes `body` again.
///
///     y = body(x),  dx and the gradients of the leaves inside body from a second y = body(x)
///
/// `body` must compute the same from the same input, so that values and gradients have the bits they would have had. Costs
/// one more pass forward, keeps x. Chen et al., Training deep nets with sublinear memory cost (2016).
public func recomputed(_ x: Variable, _ body: @escaping (Variable) -> Variable) -> Variable {
  let (value, wantsX) = (x.value, x.wantsGradient)
  let start = Variable(value, wantsGradient: wantsX)
  let first = body(start)
  let leaves = first.node?.leaves.filter { $0 !== start.node } ?? []
  return Variable(first.value, inputs: [x.node] + leaves) { dy in
    let start = Variable(value, wantsGradient: wantsX)
    let gradients = Gradients(of: body(start), cotangent: dy)
    return [gradients[start]] + leaves.map { gradients[$0] }
  }
}
