import Tensors

/// The variables one after the other along an axis; each gets its part of the gradient.
public func concatenate(_ parts: [Variable], axis: Int) -> Variable {
  var first = 0
  let ranges = parts.map { part in
    defer { first += part.shape[axis] }
    return first..<first + part.shape[axis]
  }
  let wanted = parts.map(\.wantsGradient)
  return Variable(Tensor.concatenated(parts.map(\.value), axis: axis), inputs: parts) { dy in
    zip(ranges, wanted).map { range, wanted in wanted ? dy.sliced(axis: axis, range) : nil }
  }
}

/// The part within a range of one axis; the gradient elsewhere is zero.
public func slice(_ x: Variable, axis: Int, _ range: Range<Int>) -> Variable {
  let shape = x.shape
  return Variable(
    x.value.sliced(axis: axis, range),
    x.edge { dy in
      var before = shape
      before[axis] = range.lowerBound
      var after = shape
      after[axis] = shape[axis] - range.upperBound
      return Tensor.concatenated([Tensor(zeros: before), dy, Tensor(zeros: after)], axis: axis)
    })
}

/// The variable `count` times along a new first axis; the gradients of the copies add up.
public func repeated(_ x: Variable, count: Int) -> Variable {
  let shape = x.shape
  return Variable(
    x.value.repeated(count),
    x.edge { dy in dy.summed(keepingLast: shape.count).reshaped(shape) })
}
