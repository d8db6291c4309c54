import CKernels

extension Tensor {
  /// The patches of a planar image, one row each, in the order of a convolution's weight.
  ///
  ///     image [C, H, W] to [H / size, W / size, C · size · size]
  public static func patches(_ image: Tensor, size: Int) -> Tensor {
    precondition(
      image.shape.count == 3 && image.shape[1] % size == 0 && image.shape[2] % size == 0,
      "patches: \(image.shape) does not divide into patches of \(size)")
    let (c, h, w) = (image.shape[0], image.shape[1], image.shape[2])
    return Tensor(unfilled: [h / size, w / size, c * size * size]) { to in
      image.withPointer { graft_planar_patches(to, $0, c, h, w, size) }
    }
  }

  /// The elements with two neighbouring axes swapped: `axis` and the one after it.
  public func swappingAxes(_ axis: Int) -> Tensor {
    precondition(
      axis >= 0 && axis + 1 < shape.count, "swappingAxes: no axes \(axis), \(axis + 1) in \(shape)")
    let outer = shape.prefix(axis).product
    let inner = shape.dropFirst(axis + 2).product
    var swapped = shape
    swapped.swapAt(axis, axis + 1)
    return Tensor(unfilled: swapped) { y in
      withPointer { graft_swap_axes(y, $0, outer, shape[axis], shape[axis + 1], inner) }
    }
  }

  /// A planar map [C, H, W] (or a batch [B, C, H, W]) from a channel-last one [H, W, C] ([B, H, W, C]).
  public var planar: Tensor {
    let rank = shape.count
    let flat = reshaped(shape.dropLast(3) + [shape[rank - 3] * shape[rank - 2], width])
    return flat.swappingAxes(rank - 3)
      .reshaped(shape.dropLast(3) + [width, shape[rank - 3], shape[rank - 2]])
  }

  /// A channel-last map [H, W, C] (or a batch [B, H, W, C]) from a planar one [C, H, W] ([B, C, H, W]).
  public var channelLast: Tensor {
    let rank = shape.count
    let flat = reshaped(shape.dropLast(3) + [shape[rank - 3], shape[rank - 2] * width])
    return flat.swappingAxes(rank - 3)
      .reshaped(shape.dropLast(3) + [shape[rank - 2], width, shape[rank - 3]])
  }

  /// The part of the tensor within a range of one axis.
  public func sliced(axis: Int, _ range: Range<Int>) -> Tensor {
    precondition(
      shape.indices.contains(axis) && range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "sliced: \(range) of axis \(axis) in \(shape)")
    let outer = shape.prefix(axis).product
    let inner = shape.dropFirst(axis + 1).product
    var part = shape
    part[axis] = range.count
    return Tensor(unfilled: part) { to in
      withPointer { from in
        for o in 0..<outer {
          (to + o * range.count * inner).update(
            from: from + (o * shape[axis] + range.lowerBound) * inner, count: range.count * inner)
        }
      }
    }
  }

  /// The tensors one after the other along an axis; their other extents agree.
  public static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
    precondition(!parts.isEmpty, "concatenated: no parts")
    var shape = parts[0].shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    for part in parts {
      var other = part.shape
      other[axis] = shape[axis]
      precondition(
        other == shape, "concatenated: \(part.shape) does not fit \(shape) along \(axis)")
    }
    let outer = shape.prefix(axis).product
    let inner = shape.dropFirst(axis + 1).product
    return Tensor(unfilled: shape) { to in
      var offset = 0
      for part in parts {
        let length = part.shape[axis] * inner
        part.withPointer { from in
          for o in 0..<outer {
            (to + o * shape[axis] * inner + offset).update(from: from + o * length, count: length)
          }
        }
        offset += length
      }
    }
  }

  /// The tensor `count` times along a new first axis.
  public func repeated(_ count: Int) -> Tensor {
    Tensor(unfilled: [count] + shape) { to in
      withPointer { from in
        for i in 0..<count { (to + i * self.count).update(from: from, count: self.count) }
      }
    }
  }
}
