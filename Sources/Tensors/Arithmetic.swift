import CKernels

extension Tensor {
  /// The sum `self + other`; `other` may be shorter and repeats over the leading axes.
  ///
  ///     y [..., S] = self [..., S] + other [S]
  public func adding(_ other: Tensor) -> Tensor {
    precondition(
      !shape.isEmpty || other.count == 1, "adding: \(other.shape) does not repeat over \(shape)")
    precondition(
      other.count > 0 && count % other.count == 0
        && shape.suffix(other.shape.count) == other.shape[...] || other.count == count,
      "adding: \(other.shape) does not repeat over \(shape)")
    return Tensor(unfilled: shape) { y in
      withPointers(self, other) { graft_add(y, $0, $1, count, other.count) }
    }
  }

  /// Adds a tensor of the same shape.
  public mutating func add(_ other: Tensor) {
    precondition(shape == other.shape, "add: shapes \(shape) and \(other.shape) differ")
    let count = count
    withMutablePointer { y in other.withPointer { graft_add(y, y, $0, count, count) } }
  }

  /// The product `s · self`.
  public func scaled(by s: Float) -> Tensor {
    Tensor(unfilled: shape) { y in withPointer { graft_scale(y, $0, s, count) } }
  }

  /// The sum over all but the last `axes` axes: [..., S] to [S].
  public func summed(keepingLast axes: Int) -> Tensor {
    let kept = Array(shape.suffix(axes))
    let width = kept.product
    return Tensor(unfilled: kept) { sums in
      withPointer { graft_sum_rows(sums, $0, width == 0 ? 0 : count / width, width) }
    }
  }
}
