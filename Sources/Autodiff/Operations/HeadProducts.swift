import CKernels
import Tensors

/// Each head's columns of some tokens times that head's rows of a matrix.
///
///     y [B, heads · T, C], head by head: y_h [T, C] = s · x_h [T, D] · w_h [D, C];  x [B, T, I], D = I / heads
///     dx_h = s · dy_h w_hᵀ,  dw_h = s · Σ_B x_hᵀ dy_h
///
/// w is [I, C], or with `transposing` [C, I]. It turns a head's queries into queries of what the head's keys are projected
/// from.
public func headProducts(
  _ x: Variable, _ w: Variable, heads: Int, scale: Float = 1, transposing: Bool = false
) -> Variable {
  let product = HeadProduct(heads: heads, transposing: transposing, scale: scale)
  let (xValue, wValue) = (x.value, w.value)
  return Variable(
    product.spread(xValue, wValue),
    x.edge { dy in product.gathered(dy, wValue) },
    w.edge { dy in product.weight(xValue, dy) })
}

/// The way back from each head's rows to the tokens' columns, the adjoint of `headProducts`.
///
///     z [B, T, I], head by head: z_h [T, D] = y_h [T, C] · w_hᵀ,  y [B, heads · T, C], w [I, C]
///     dy_h = dz_h w_h,  dw_h = Σ_B dz_hᵀ y_h
public func headResults(_ y: Variable, _ w: Variable, heads: Int) -> Variable {
  let product = HeadProduct(heads: heads, transposing: false, scale: 1)
  let (yValue, wValue) = (y.value, w.value)
  return Variable(
    product.gathered(yValue, wValue),
    y.edge { dz in product.spread(dz, wValue) },
    w.edge { dz in product.weight(dz, yValue) })
}

/// The three products between tokens x [B, T, I], heads' rows y [B, heads · T, C] and a matrix.
private struct HeadProduct {
  let heads: Int
  let transposing: Bool
  let scale: Float

  /// The extents of a matrix's two sides.
  private func sides(_ w: Tensor) -> (inner: Int, width: Int) {
    transposing ? (w.shape[1], w.shape[0]) : (w.shape[0], w.shape[1])
  }

  /// y from x and w.
  func spread(_ x: Tensor, _ w: Tensor) -> Tensor {
    let (i, c) = sides(w)
    precondition(
      x.shape.count == 3 && x.width == i && i % heads == 0,
      "headProducts: x \(x.shape), w \(w.shape), \(heads) heads")
    let (b, t, d) = (x.shape[0], x.shape[1], i / heads)
    return Tensor(unfilled: [b, heads * t, c]) { y in
      withPointers(x, w) { x, w in
        for index in 0..<b * heads {
          let (from, head) = (x + index / heads * t * i + index % heads * d, index % heads)
          let matrix = w + head * d * (transposing ? 1 : c)
          graft_gemm(
            0, transposing ? 1 : 0, t, c, d, scale, from, i, matrix, transposing ? i : c, 0,
            y + index * t * c, c)
        }
      }
    }
  }

  /// x from y and w.
  func gathered(_ y: Tensor, _ w: Tensor) -> Tensor {
    let (i, c) = sides(w)
    precondition(
      y.shape.count == 3 && y.width == c && y.shape[1] % heads == 0 && i % heads == 0,
      "headResults: y \(y.shape), w \(w.shape), \(heads) heads")
    let (b, t, d) = (y.shape[0], y.shape[1] / heads, i / heads)
    return Tensor(unfilled: [b, t, i]) { x in
      withPointers(y, w) { y, w in
        for index in 0..<b * heads {
          let head = index % heads
          let matrix = w + head * d * (transposing ? 1 : c)
          graft_gemm(
            0, transposing ? 0 : 1, t, d, c, scale, y + index * t * c, c, matrix,
            transposing ? i : c, 0, x + index / heads * t * i + head * d, i)
        }
      }
    }
  }

  /// The matrix's gradient from x and y, one of which is a gradient.
  func weight(_ x: Tensor, _ y: Tensor) -> Tensor {
    let (b, t, i, c) = (x.shape[0], x.shape[1], x.shape[2], y.shape[2])
    let d = i / heads
    return Tensor(unfilled: transposing ? [c, i] : [i, c]) { w in
      withPointers(x, y) { x, y in
        for index in 0..<b * heads {
          let (rows, head) = (x + index / heads * t * i + index % heads * d, index % heads)
          let beta: Float = index < heads ? 0 : 1
          if transposing {
            graft_gemm(1, 0, c, d, t, scale, y + index * t * c, c, rows, i, beta, w + head * d, i)
          } else {
            graft_gemm(
              1, 0, d, c, t, scale, rows, i, y + index * t * c, c, beta, w + head * d * c, c)
          }
        }
      }
    }
  }
}
