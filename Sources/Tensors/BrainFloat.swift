import CKernels

/// The number format of frozen products.
public enum Precision: String, Sendable, Codable, CaseIterable {
  /// Single precision.
  case f32
  /// bfloat16 factors, sums in single precision.
  case bf16

  /// What this processor computes when this precision is asked for: single precision where it has no bfloat16 products.
  public var available: Precision { graft_bf16_available() != 0 ? self : .f32 }
}

/// A matrix [N, K] rounded to bfloat16 and packed for products from its right; it does not change.
public struct BrainFloatMatrix: Sendable {
  /// The rows N.
  public let rows: Int
  /// The columns K.
  public let columns: Int
  /// Pairs of numbers, each in the place of a float.
  private let packed: Tensor

  /// Rounds w [N, K] to nearest even; with `transposed`, its transpose.
  public init(_ w: Tensor, transposed: Bool = false) {
    precondition(w.shape.count == 2, "BrainFloatMatrix: \(w.shape) is no matrix")
    let (n, k) = transposed ? (w.shape[1], w.shape[0]) : (w.shape[0], w.shape[1])
    rows = n
    columns = k
    packed = Tensor(unfilled: [graft_bf16_packed_pairs(n, k)]) { pairs in
      w.withPointer { graft_bf16_pack(asPairs(pairs), $0, transposed ? 1 : 0, n, k) }
    }
  }

  fileprivate func withPairs(_ body: (UnsafePointer<UInt32>) -> Void) {
    packed.withPointer { body(UnsafePointer(asPairs(UnsafeMutablePointer(mutating: $0)))) }
  }
}

/// The same memory as pairs of bfloat16 numbers, which are as large as a float.
private func asPairs(_ floats: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<UInt32> {
  UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt32.self)
}

extension Tensor {
  /// The affine map of rows with factors in bfloat16: y [..., N] = self [..., K] · matrixᵀ + bias [N].
  public func linear(_ matrix: BrainFloatMatrix, _ bias: Tensor? = nil) -> Tensor {
    precondition(
      matrix.columns == width && (bias?.count ?? matrix.rows) == matrix.rows,
      "linear: x \(shape), matrix [\(matrix.rows), \(matrix.columns)], bias \(String(describing: bias?.shape))"
    )
    return Tensor(unfilled: shape.dropLast() + [matrix.rows]) { y in
      withPointer { x in
        matrix.withPairs { w in
          Tensors.withPointer(bias) {
            graft_bf16_linear(y, x, w, $0, rows, matrix.rows, matrix.columns)
          }
        }
      }
    }
  }

  /// Two affine maps with the GELU between them, factors in bfloat16; the hidden rows exist a few at a time.
  ///
  ///     y [..., K] = gelu(self [..., K] · w1ᵀ + bias1) · w2ᵀ + bias2,  w1 [H, K], w2 [K, H]
  public func mlp(
    _ w1: BrainFloatMatrix, _ bias1: Tensor, _ w2: BrainFloatMatrix, _ bias2: Tensor
  ) -> Tensor {
    precondition(
      w1.columns == width && w2.rows == width && w1.rows == w2.columns && bias1.count == w1.rows
        && bias2.count == width,
      "mlp: x \(shape), w1 [\(w1.rows), \(w1.columns)], w2 [\(w2.rows), \(w2.columns)]")
    return Tensor(unfilled: shape) { y in
      withPointers(self, bias1, bias2) { x, bias1, bias2 in
        w1.withPairs { first in
          w2.withPairs { second in
            graft_bf16_mlp(y, x, first, bias1, second, bias2, rows, width, w1.rows)
          }
        }
      }
    }
  }
}
