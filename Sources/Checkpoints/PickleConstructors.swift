/// What the few permitted constructors make.
extension PickleMachine {
  mutating func call(_ function: PickleValue, _ arguments: PickleValue) throws(CheckpointError) {
    guard case .global(let global) = function, case .tuple(let tuple) = arguments else {
      throw damaged("its pickle calls what is no function")
    }
    let values = heap.tuples[tuple]
    switch global {
    case .rebuildTensor: try rebuildTensor(values)
    case .rebuildParameter:
      guard case .tensor? = values.first else { throw damaged("a parameter in it is no tensor") }
      stack.append(values[0])
    case .orderedDictionary: try orderedDictionary(values)
    case .size:
      guard values.count == 1, case .tuple = values[0] else {
        throw damaged("a size in it is no tuple")
      }
      stack.append(values[0])
    case .storage(let type):
      throw .refused(file: file, name: "a call of torch storage \(type)")
    }
  }

  private mutating func orderedDictionary(_ values: [PickleValue]) throws(CheckpointError) {
    try pushEmptyDictionary()
    guard let first = values.first else { return }
    guard values.count == 1, case .list(let list) = first, heap.lists[list].isEmpty else {
      throw damaged("an ordered dictionary in it is not made empty")
    }
  }

  /// `_rebuild_tensor_v2(storage, offset, size, stride, …)`: gradients and hooks do not matter here.
  private mutating func rebuildTensor(_ values: [PickleValue]) throws(CheckpointError) {
    guard values.count >= 4, case .storage(let storage) = values[0],
      case .integer(let offset) = values[1], let shape = integers(values[2]),
      let strides = integers(values[3]), shape.count <= 32, strides.count <= 32
    else { throw damaged("a tensor in its pickle is not described as it should be") }
    push(PickledTensor(storage: storage, offset: offset, shape: shape, strides: strides))
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let tuple) = value else { return nil }
    var result: [Int] = []
    for element in heap.tuples[tuple] {
      guard case .integer(let integer) = element else { return nil }
      result.append(integer)
    }
    return result
  }

  /// The persistent id of a storage: `("storage", type, key, device, count)` and, in the older layout, no view.
  mutating func pushStorage(_ identifier: PickleValue) throws(CheckpointError) {
    guard case .tuple(let tuple) = identifier else { throw damaged("a storage in it has no name") }
    let values = heap.tuples[tuple]
    guard values.count == 5 || values.count == 6, case .text("storage") = values[0],
      case .global(.storage(let type)) = values[1], case .text(let key) = values[2],
      case .integer(let count) = values[4], count >= 0, count < 1 << 48
    else { throw damaged("a storage in its pickle is not described as it should be") }
    if values.count == 6 {
      guard case .none = values[5] else {
        throw damaged("a storage in it is a view of another, as PyTorch wrote before 0.4")
      }
    }
    push(PickledStorage(type: type, key: key, count: count))
  }
}
