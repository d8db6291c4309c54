import CKernels
import Tensors

/// The greatest of each 2 × 2 pixels, which halves an image's sides.
///
///     y [B, H / 2, W / 2, C] = max of x over rows 2i, 2i + 1 and columns 2j, 2j + 1
///     dx = dy for the first of the four that is the greatest, 0 for the others
///
/// Keeps x.
public func maxPool2x2(_ x: Variable) -> Variable {
  let (b, h, w, c) = x.value.imageExtents("maxPool2x2")
  precondition(h % 2 == 0 && w % 2 == 0, "maxPool2x2: the sides of \(x.shape) are odd")
  let value = x.value
  return Variable(
    Tensor(unfilled: [b, h / 2, w / 2, c]) { y in
      value.withPointer { graft_max_pool(y, $0, b, h, w, c) }
    },
    x.edge { dy in
      Tensor(unfilled: value.shape) { dx in
        withPointers(dy, value) { graft_max_pool_backward(dx, $0, $1, b, h, w, c) }
      }
    })
}
