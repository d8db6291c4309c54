import CKernels
import Tensors

/// A correction of low rank added to some columns of a linear map's output.
///
///     out [..., c ..< c + n] = y [..., c ..< c + n] + s · (x · aᵀ) · bᵀ,  x [..., K], a [R, K], b [n, R]
///     dy = dout,  with g = dout [..., c ..< c + n] and t = x · aᵀ [..., R]:
///     da = s · (g · b)ᵀ · x,  db = s · gᵀ · t,  dx = s · (g · b) · a
///
/// Hu et al., LoRA (2021), section 4.1. Keeps x and t.
public func addLowRank(
  to y: Variable, from x: Variable, a: Variable, b: Variable, scale: Float, at column: Int = 0
) -> Variable {
  precondition(
    a.shape.count == 2 && b.shape.count == 2 && a.shape[0] == b.shape[1]
      && x.value.width == a.shape[1] && y.value.rows == x.value.rows
      && column + b.shape[0] <= y.value.width,
    "addLowRank: y \(y.shape), x \(x.shape), a \(a.shape), b \(b.shape) at column \(column)")
  let (xValue, aValue, bValue) = (x.value, a.value, b.value)
  let inner = xValue.linear(aValue)
  let (wantsX, wantsA, wantsB) = (x.wantsGradient, a.wantsGradient, b.wantsGradient)
  return Variable(
    y.value.addingProduct(inner, bValue, scale: scale, at: column), inputs: [y, x, a, b]
  ) { dout in
    let (rows, width, outputs, rank) = (dout.rows, dout.width, bValue.shape[0], bValue.width)
    /// s · g · b [rows, R]
    let dinner =
      wantsX || wantsA
      ? Tensor(unfilled: [rows, rank]) { to in
        withPointers(dout, bValue) {
          graft_gemm(0, 0, rows, rank, outputs, scale, $0 + column, width, $1, rank, 0, to, rank)
        }
      } : nil
    /// s · gᵀ · t [n, R]
    func db() -> Tensor {
      Tensor(unfilled: [outputs, rank]) { to in
        withPointers(dout, inner) {
          graft_gemm(1, 0, outputs, rank, rows, scale, $0 + column, width, $1, rank, 0, to, rank)
        }
      }
    }
    return [
      dout,
      wantsX ? dinner?.times(aValue).reshaped(xValue.shape) : nil,
      wantsA ? dinner?.transposedTimes(xValue) : nil,
      wantsB ? db() : nil,
    ]
  }
}

/// A correction of low rank added to some rows of a linear map's matrix.
///
///     out [c ..< c + n, K] = w [c ..< c + n, K] + s · b · a,  w [N, K], a [R, K], b [n, R]
///     dw = dout,  with g = dout [c ..< c + n, K]:  da = s · bᵀ · g,  db = s · g · aᵀ
public func addLowRank(
  toMatrix w: Variable, a: Variable, b: Variable, scale: Float, at row: Int = 0
) -> Variable {
  let (inputs, outputs, rank) = (w.value.width, b.shape[0], b.value.width)
  precondition(
    w.shape.count == 2 && a.shape == [rank, inputs] && row + outputs <= w.shape[0],
    "addLowRank: matrix \(w.shape), a \(a.shape), b \(b.shape) at row \(row)")
  let (aValue, bValue) = (a.value, b.value)
  var value = w.value
  value.withMutablePointer { y in
    withPointers(bValue, aValue) {
      graft_gemm(
        0, 0, outputs, inputs, rank, scale, $0, rank, $1, inputs, 1, y + row * inputs, inputs)
    }
  }
  func corrected(_ dout: Tensor) -> Tensor {
    outputs == dout.shape[0] ? dout : dout.sliced(axis: 0, row..<row + outputs)
  }
  return Variable(
    value, w.edge { $0 },
    a.edge { bValue.transposedTimes(corrected($0)).scaled(by: scale) },
    b.edge { corrected($0).linear(aValue).scaled(by: scale) })
}
