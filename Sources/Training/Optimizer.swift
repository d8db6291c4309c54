public import Tensors

/// A rule that moves parameters against their gradients; it keeps what it remembers of each by name.
public protocol Optimizer {
  /// Takes one step of the parameter `name` at the given rate.
  mutating func step(_ name: String, _ value: inout Tensor, gradient: Tensor, rate: Double)

  /// What is remembered, as named tensors for a snapshot.
  var memory: [String: Tensor] { get set }
}

/// Adam with decoupled weight decay, as PyTorch's `AdamW`.
///
/// A parameter's steps are counted from its own first gradient; one that never gets a gradient is neither moved nor decayed.
public struct AdamW: Optimizer {
  private let betas: (Double, Double)
  private let decay: Double
  private let epsilon: Double
  /// What is remembered, as named tensors for a snapshot.
  public var memory: [String: Tensor] = [:]

  /// The rule with its numbers; the rate comes with every step.
  public init(betas: (Double, Double) = (0.9, 0.999), decay: Double, epsilon: Double = 1e-8) {
    self.betas = betas
    self.decay = decay
    self.epsilon = epsilon
  }

  /// Takes one step of the parameter `name` at the given rate.
  public mutating func step(
    _ name: String, _ value: inout Tensor, gradient: Tensor, rate: Double
  ) {
    var mean = memory.removeValue(forKey: "\(name).mean") ?? Tensor(zeros: value.shape)
    var square = memory.removeValue(forKey: "\(name).square") ?? Tensor(zeros: value.shape)
    let step = (memory["\(name).step"]?.scalar ?? 0) + 1
    value.stepAdamW(
      gradient: gradient, mean: &mean, square: &square, step: Int(step), rate: rate, betas: betas,
      decay: decay, epsilon: epsilon)
    memory["\(name).mean"] = mean
    memory["\(name).square"] = square
    memory["\(name).step"] = Tensor(step)
  }
}

/// Stochastic gradient descent with momentum and weight decay, as PyTorch's `SGD`.
public struct Momentum: Optimizer {
  private let momentum: Double
  private let decay: Double
  /// What is remembered, as named tensors for a snapshot.
  public var memory: [String: Tensor] = [:]

  /// The rule with its numbers; the rate comes with every step.
  public init(momentum: Double, decay: Double) {
    self.momentum = momentum
    self.decay = decay
  }

  /// Takes one step of the parameter `name` at the given rate.
  public mutating func step(
    _ name: String, _ value: inout Tensor, gradient: Tensor, rate: Double
  ) {
    var buffer = memory.removeValue(forKey: "\(name).buffer") ?? Tensor(zeros: value.shape)
    value.stepMomentum(
      gradient: gradient, buffer: &buffer, rate: rate, momentum: momentum, decay: decay)
    memory["\(name).buffer"] = buffer
  }
}

/// Scales gradients down so that their common Euclidean norm is at most `limit`, as PyTorch's `clip_grad_norm_`.
public func clipped(_ gradients: [String: Tensor], toNorm limit: Double) -> [String: Tensor] {
  let squares = gradients.keys.sorted().map { gradients[$0]?.sumOfSquares ?? 0 }
  let norm = squares.reduce(0, +).squareRoot()
  let factor = limit / (norm + 1e-6)
  guard factor < 1 else { return gradients }
  return gradients.mapValues { $0.scaled(by: Float(factor)) }
}
