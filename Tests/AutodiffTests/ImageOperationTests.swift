import Autodiff
import Tensors
import TestKit
import Testing

/// The operations of convolutional networks: against central differences, against PyTorch, and for any number of threads.
struct ImageOperationTests {
  @Test(arguments: [(1, 1, 3, 1), (3, 2, 4, 6), (17, 33, 1, 5)])
  func `convolutions have the gradients of their formulas`(
    inputs: Int, outputs: Int, rows: Int, columns: Int
  ) {
    var random = Random(seed: 1)
    let x = randomTensor([2, rows, columns, inputs], using: &random)
    let weight = randomTensor([outputs, inputs, 3, 3], using: &random)
    let bias = randomTensor([outputs], using: &random)
    #expect(
      gradientError(at: [x, weight, bias], using: &random) { convolution3x3($0[0], $0[1], $0[2]) }
        < Tolerance.gradient)
    let raising = randomTensor([inputs, outputs, 2, 2], using: &random)
    #expect(
      gradientError(at: [x, raising, bias], using: &random) {
        transposedConvolution2x2($0[0], $0[1], $0[2])
      } < Tolerance.gradient)
  }

  @Test(arguments: [(1, Float(1)), (5, 0.1), (17, 0.01)])
  func `instance norm has the gradients of its formula`(channels: Int, slope: Float) {
    var random = Random(seed: 2)
    let x = randomTensor([2, 3, 4, channels], using: &random)
    let weight = randomTensor([channels], using: &random)
    // Values near 0, where the rectifier bends, would be astride it when they are moved.
    let bias = Tensor([channels], (0..<channels).map { $0 % 2 == 0 ? 9 : -9 })
    #expect(
      gradientError(at: [x, weight, bias], using: &random) {
        instanceNorm($0[0], $0[1], $0[2], epsilon: 1e-2, slope: slope)
      } < Tolerance.gradient)
  }

  @Test func `pooling, resizing and the order of axes have the gradients of their formulas`() {
    var random = Random(seed: 3)
    // Far apart, so that no difference changes which of four is the greatest.
    let apart = Tensor([1, 4, 6, 3], (0..<72).map { Float($0 * 29 % 72) })
    #expect(gradientError(at: [apart], using: &random) { maxPool2x2($0[0]) } < Tolerance.gradient)
    let x = randomTensor([2, 3, 5, 4], using: &random)
    for (height, width) in [(11, 16), (5, 4), (2, 3), (1, 1)] {
      #expect(
        gradientError(at: [x], using: &random) { resized($0[0], height: height, width: width) }
          < Tolerance.gradient)
    }
    #expect(gradientError(at: [x], using: &random) { $0[0].planar } < Tolerance.gradient)
    #expect(gradientError(at: [x], using: &random) { $0[0].channelLast } < Tolerance.gradient)
  }

  @Test func `values and gradients are PyTorch's`() throws {
    let golden = try Goldens.hdf5("baselines/operations.h5")
    func compare(
      _ group: String, _ names: [String], _ operation: ([Variable]) -> Variable
    ) throws {
      let leaves = try names.map {
        Variable(try golden.floats("\(group)/\($0)"), wantsGradient: true)
      }
      let y = operation(leaves)
      #expect(try error(y.value, golden.floats("\(group)/y")) < Tolerance.operation, "\(group)")
      let gradients = Gradients(of: y, cotangent: try golden.floats("\(group)/dy"))
      for (name, leaf) in zip(names, leaves) {
        let found = try #require(gradients[leaf])
        #expect(
          try error(found, golden.floats("\(group)/d\(name)")) < Tolerance.operation,
          "\(group) \(name)")
      }
    }
    for case let group in try golden.names(of: "convolution") {
      try compare("convolution/\(group)", ["x", "weight", "bias"]) {
        convolution3x3($0[0], $0[1], $0[2])
      }
    }
    try compare("transposed", ["x", "weight", "bias"]) {
      transposedConvolution2x2($0[0], $0[1], $0[2])
    }
    try compare("instance_norm", ["x", "weight", "bias"]) {
      instanceNorm($0[0], $0[1], $0[2], epsilon: 1e-5, slope: 0.1)
    }
    try compare("max_pool", ["x"]) { maxPool2x2($0[0]) }
    try compare("resized", ["x"]) { resized($0[0], height: 11, width: 16) }
  }

  /// The largest difference over the largest value.
  private func error(_ found: Tensor, _ expected: Tensor) -> Double {
    #expect(found.shape == expected.shape)
    let pairs = zip(found.values, expected.values)
    let difference = pairs.map { abs(Double($0) - Double($1)) }.max() ?? 0
    return difference / (expected.values.map { abs(Double($0)) }.max() ?? 1)
  }

  @Test func `what wants no gradient gets none`() {
    var random = Random(seed: 4)
    let x = Variable(randomTensor([1, 4, 4, 2], using: &random))
    let weight = Variable(randomTensor([3, 2, 3, 3], using: &random), wantsGradient: true)
    let bias = Variable(randomTensor([3], using: &random))
    let frozen = Variable(randomTensor([3], using: &random))
    let y = instanceNorm(
      convolution3x3(x, weight, bias), frozen, bias, epsilon: 1e-5, slope: 0.1)
    let gradients = Gradients(of: y, cotangent: y.value)
    #expect(gradients[weight] != nil)
    #expect(gradients[x] == nil && gradients[bias] == nil && gradients[frozen] == nil)
    #expect(!maxPool2x2(x).wantsGradient && !resized(x, height: 2, width: 2).wantsGradient)
  }

  @Test func `the bits are those of one thread`() {
    defer { Threads.use(0) }
    var random = Random(seed: 5)
    let tensors = [[3, 40, 24, 20], [33, 20, 3, 3], [33], [33], [33, 7, 2, 2], [7]].map {
      randomTensor($0, using: &random)
    }
    func values() -> [Tensor] {
      let leaves = tensors.map { Variable($0, wantsGradient: true) }
      let features = instanceNorm(
        convolution3x3(leaves[0], leaves[1], leaves[2]), leaves[2], leaves[3], epsilon: 1e-5,
        slope: 0.1)
      let y = transposedConvolution2x2(maxPool2x2(features), leaves[4], leaves[5])
      let gradients = Gradients(of: y, cotangent: y.value)
      return [y.value] + leaves.compactMap { gradients[$0] }
    }
    Threads.use(1)
    let one = values()
    #expect(one.count == 7)
    for count in [2, 3] {
      Threads.use(count)
      #expect(values() == one)
    }
  }
}
