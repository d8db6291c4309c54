import CKernels

extension Tensor {
  /// The extent of the last axis; 1 for a scalar.
  public var width: Int { shape.last ?? 1 }

  /// How many rows of `width` elements there are.
  public var rows: Int { width == 0 ? 0 : count / width }

  /// The affine map of rows.
  ///
  ///     y [..., N] = self [..., K] · weightᵀ [K, N] + bias [N]
  public func linear(_ weight: Tensor, _ bias: Tensor? = nil) -> Tensor {
    precondition(
      weight.shape.count == 2 && weight.width == width
        && (bias?.count ?? weight.shape[0]) == weight.shape[0],
      "linear: x \(shape), weight \(weight.shape), bias \(String(describing: bias?.shape))")
    return Tensor(unfilled: shape.dropLast() + [weight.shape[0]]) { y in
      withPointers(self, weight) { x, w in
        Tensors.withPointer(bias) { graft_linear(y, x, w, $0, rows, weight.shape[0], width) }
      }
    }
  }

  /// The product of rows with a matrix: y [..., N] = self [..., K] · matrix [K, N].
  public func times(_ matrix: Tensor) -> Tensor {
    precondition(
      matrix.shape.count == 2 && matrix.shape[0] == width, "times: \(shape) by \(matrix.shape)")
    return Tensor(unfilled: shape.dropLast() + [matrix.width]) { y in
      withPointers(self, matrix) { x, m in
        graft_gemm(
          0, 0, rows, matrix.width, width, 1, x, width, m, matrix.width, 0, y, matrix.width)
      }
    }
  }

  /// The product over the rows: y [M, N] = selfᵀ [M, rows] · other [rows, N].
  public func transposedTimes(_ other: Tensor) -> Tensor {
    precondition(rows == other.rows, "transposedTimes: \(shape) and \(other.shape) differ in rows")
    return Tensor(unfilled: [width, other.width]) { y in
      withPointers(self, other) { a, b in
        graft_gemm(1, 0, width, other.width, rows, 1, a, width, b, other.width, 0, y, other.width)
      }
    }
  }
}

extension ArraySlice<Int> {
  /// The product of the extents.
  var product: Int { reduce(1, *) }
}

extension Tensor {
  /// The sum with a product in some columns: y [..., c ..< c + n] = self + s · inner [..., R] · bᵀ,  b [n, R].
  public func addingProduct(
    _ inner: Tensor, _ b: Tensor, scale: Float, at column: Int
  ) -> Tensor {
    precondition(
      inner.rows == rows && inner.width == b.width && column + b.shape[0] <= width,
      "addingProduct: \(shape), inner \(inner.shape), b \(b.shape) at column \(column)")
    return Tensor(unfilled: shape) { y in
      withPointers(self, inner, b) {
        graft_add_low_rank(y, $0, $1, $2, scale, rows, width, column, b.shape[0], b.width)
      }
    }
  }
}
