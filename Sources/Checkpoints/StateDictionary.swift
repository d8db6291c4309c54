import Archives

/// Finds the named tensors in what a pickle made.
struct StateDictionary {
  private let heap: PickleHeap
  private let file: String
  private static let nameLimit = 1024

  init(_ heap: PickleHeap, file: String) {
    self.heap = heap
    self.file = file
  }

  /// The tensors of the root dictionary, or of the one under `model`, `state_dict` or `state` in it.
  func tensors(
    of root: PickleValue,
    _ load: (PickledStorage) throws(CheckpointError) -> Storage
  ) throws(CheckpointError) -> [NamedTensor] {
    guard case .dictionary(let dictionary) = root else {
      throw .unreadable(file: file, reason: "it holds no dictionary of tensors")
    }
    let items = heap.dictionaries[holder(of: dictionary)]
    var tensors: [NamedTensor] = []
    var names: Set<String> = []
    for case (.text(let name), .tensor(let index)) in items {
      guard name.utf8.count <= StateDictionary.nameLimit, names.insert(name).inserted else {
        throw .unreadable(
          file: file, reason: "the name \(name.prefix(80)) is too long or there twice")
      }
      tensors.append((name, try tensor(heap.tensors[index], name, load)))
    }
    return tensors
  }

  /// The dictionary that holds more tensors: the root, or a named one in it beside which the root keeps a few numbers of
  /// the training.
  private func holder(of root: Int) -> Int {
    func tensors(_ dictionary: Int) -> Int {
      heap.dictionaries[dictionary].count { if case .tensor = $0.value { true } else { false } }
    }
    for wanted in ["model", "state_dict", "state"] {
      for case (.text(wanted), .dictionary(let inner)) in heap.dictionaries[root]
      where tensors(inner) > tensors(root) {
        return inner
      }
    }
    return root
  }

  private func tensor(
    _ pickled: PickledTensor, _ name: String,
    _ load: (PickledStorage) throws(CheckpointError) -> Storage
  ) throws(CheckpointError) -> StoredTensor {
    let described = heap.storages[pickled.storage]
    let storage = try load(described)
    guard described.count * described.type.byteCount == storage.byteCount else {
      throw .unreadable(
        file: file,
        reason: "the storage of \(name) has \(storage.byteCount) bytes, "
          + "not the \(described.count * described.type.byteCount) it states")
    }
    guard
      let tensor = StoredTensor(
        type: described.type, shape: pickled.shape, strides: pickled.strides,
        offset: pickled.offset, storage: storage)
    else {
      throw .unreadable(
        file: file,
        reason: "the tensor \(name) of shape \(pickled.shape), strides \(pickled.strides) and "
          + "offset \(pickled.offset) reaches beyond its storage of \(described.count) elements")
    }
    return tensor
  }
}
