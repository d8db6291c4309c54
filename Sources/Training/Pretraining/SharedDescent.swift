import Layers
import Tensors

/// Gradients that several episodes found side by side, summed in order and followed by AdamW.
struct SharedDescent {
  /// The rule, with what it remembers.
  var rule: AdamW
  private let clip: Double

  init(rule: AdamW, clip: Double) {
    self.rule = rule
    self.clip = clip
  }

  init(_ numbers: PretrainingRecipe.Optimizer) {
    self.init(rule: AdamW(decay: numbers.weightDecay), clip: numbers.clip)
  }

  /// Moves parameters by the mean of the episodes' gradients, each in the order of the parameters.
  mutating func update(_ parameters: [Parameter], _ gradients: [[Tensor?]], rate: Double) {
    var sums: [String: Tensor] = [:]
    for (index, parameter) in parameters.enumerated() {
      let parts = gradients.compactMap { $0[index] }
      guard let first = parts.first else { continue }
      sums[parameter.name] = parts.dropFirst().reduce(first) { $0.adding($1) }
        .scaled(by: 1 / Float(gradients.count))
    }
    let clipped = clipped(sums, toNorm: clip)
    for parameter in parameters {
      guard let gradient = clipped[parameter.name] else { continue }
      var value = parameter.value
      rule.step(parameter.name, &value, gradient: gradient, rate: rate)
      parameter.value = value
    }
  }

  /// The results of `body` for 0 ..< count, each computed by one thread.
  static func sideBySide<Result>(_ count: Int, _ body: @escaping (Int) -> Result) -> [Result] {
    var results = [Result?](repeating: nil, count: count)
    results.withUnsafeMutableBufferPointer { results in
      let results = results
      parallel(count) { results[$0] = body($0) }
    }
    return results.compactMap { $0 }
  }
}
