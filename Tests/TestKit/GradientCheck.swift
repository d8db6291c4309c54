public import Autodiff
public import Tensors

/// How far the gradients of `function` at `inputs` are from central differences, relative to their largest value.
///
/// The output is weighed with a random cotangent, never summed: a softmax whose way back returns zeros would pass
/// under a sum. Differences are taken in Float with h = 1e-2, accumulated in Double, over the actual width.
public func gradientError(
  at inputs: [Tensor], using random: inout Random, step: Float = 1e-2,
  of function: ([Variable]) -> Variable
) -> Double {
  let leaves = inputs.map { Variable($0, wantsGradient: true) }
  let output = function(leaves)
  let cotangent = randomTensor(output.shape, using: &random)
  let gradients = Gradients(of: output, cotangent: cotangent)
  let weights = cotangent.values
  func weighed(_ inputs: [Tensor]) -> Double {
    zip(function(inputs.map { Variable($0) }).value.values, weights)
      .reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
  var largestError = 0.0
  var largestValue = 1e-6
  for (index, input) in inputs.enumerated() {
    let found = gradients[leaves[index]]?.values ?? [Float](repeating: 0, count: input.count)
    for position in 0..<input.count {
      var low = inputs
      var high = inputs
      let center = input[flat: position]
      low[index].withMutablePointer { $0[position] = center - step }
      high[index].withMutablePointer { $0[position] = center + step }
      let width = Double(center + step) - Double(center - step)
      let expected = (weighed(high) - weighed(low)) / width
      largestError = max(largestError, abs(expected - Double(found[position])))
      largestValue = max(largestValue, abs(expected))
    }
  }
  return largestError / largestValue
}

/// The Euclidean norm of the difference over that of what is expected.
public func relativeError(_ found: Tensor, _ expected: Tensor) -> Double {
  let difference = found.adding(expected.scaled(by: -1))
  return (difference.sumOfSquares / expected.sumOfSquares).squareRoot()
}

/// A tensor of standard normal numbers.
public func randomTensor(_ shape: [Int], using random: inout Random) -> Tensor {
  Tensor(shape, (0..<shape.product).map { _ in random.normal() })
}
