import Archives

/// A value of a pickle, which holds containers of a `PickleHeap` by number.
///
/// So a pickle that nests or shares lists a million times over costs what it is long, and nothing is ever walked deeply.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  /// An integer of more than eight bytes, little-endian.
  case long([UInt8])
  case text(String)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case global(PickleGlobal)
  case storage(Int)
  case tensor(Int)
}

/// The constructors a checkpoint may name; every other is refused.
enum PickleGlobal {
  case rebuildTensor
  case rebuildParameter
  case orderedDictionary
  case size
  case storage(ElementType)

  init?(module: String, name: String) {
    let storages: [String: ElementType] = [
      "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
      "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
      "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
    ]
    switch (module, name) {
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch", "Size"): self = .size
    default:
      guard module == "torch", let type = storages[name] else { return nil }
      self = .storage(type)
    }
  }
}

/// A storage as a pickle names it: elements that lie elsewhere in the file.
struct PickledStorage {
  var type: ElementType
  var key: String
  var count: Int
}

/// A tensor as a pickle describes it: a view of a storage.
struct PickledTensor {
  var storage: Int
  var offset: Int
  var shape: [Int]
  var strides: [Int]
}

/// Everything a pickle has made.
struct PickleHeap {
  var tuples: [[PickleValue]] = []
  var lists: [[PickleValue]] = []
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var storages: [PickledStorage] = []
  var tensors: [PickledTensor] = []
}
