import CKernels

extension Tensor {
  /// Takes one step of Adam with decoupled weight decay.
  ///
  ///     self = (1 - rate · decay) self
  ///     mean = β₁ mean + (1 - β₁) g,   square = β₂ square + (1 - β₂) g²
  ///     self = self - rate / (1 - β₁ᵗ) · mean / (√square / √(1 - β₂ᵗ) + ε)
  ///
  /// `step` is t, from 1. Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019), algorithm 2, with ε
  /// outside the root as PyTorch has it.
  public mutating func stepAdamW(
    gradient: Tensor, mean: inout Tensor, square: inout Tensor, step: Int, rate: Double,
    betas: (Double, Double), decay: Double, epsilon: Double
  ) {
    precondition(
      shape == gradient.shape && shape == mean.shape && shape == square.shape,
      "stepAdamW: shapes differ, \(shape), \(gradient.shape), \(mean.shape), \(square.shape)")
    let size = rate / (1 - Double.power(betas.0, step))
    let root = (1 - Double.power(betas.1, step)).squareRoot()
    let numbers = graft_adamw_numbers(
      keep: Float(1 - rate * decay), rest1: Float(1 - betas.0), beta2: Float(betas.1),
      rest2: Float(1 - betas.1), step: Float(size), root: Float(root), epsilon: Float(epsilon))
    self = Tensor(unfilled: shape) { to in
      mean.withMutablePointer { m in
        square.withMutablePointer { v in
          withPointers(self, gradient) { graft_adamw(to, $0, m, v, $1, count, numbers) }
        }
      }
    }
  }

  /// Takes one step of gradient descent with momentum: `buffer = momentum · buffer + g + decay · self`, `self -= rate · buffer`.
  public mutating func stepMomentum(
    gradient: Tensor, buffer: inout Tensor, rate: Double, momentum: Double, decay: Double
  ) {
    precondition(
      shape == gradient.shape && shape == buffer.shape,
      "stepMomentum: shapes differ, \(shape), \(gradient.shape), \(buffer.shape)")
    let count = count
    withMutablePointer { p in
      buffer.withMutablePointer { b in
        gradient.withPointer { g in
          graft_sgd(p, b, g, count, Float(rate), Float(momentum), Float(decay))
        }
      }
    }
  }

  /// The sum of the squares of the elements, in double precision.
  public var sumOfSquares: Double { withPointer { graft_sum_squares($0, count) } }

  /// Whether no element is NaN or infinite.
  public var isFinite: Bool { withPointer { graft_all_finite($0, count) != 0 } }
}

extension Double {
  /// The `exponent`-th power of a number, for whole exponents.
  static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, left) = (1.0, base, exponent)
    while left > 0 {
      if left & 1 == 1 { result *= square }
      square *= square
      left >>= 1
    }
    return result
  }
}
