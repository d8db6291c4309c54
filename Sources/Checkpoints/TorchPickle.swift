import Archives
import Foundation
import Tensors

/// The pickle of a state dict of dense tensors, each with a storage of its own, in protocol 2.
enum TorchPickle {
  static func stateDictionary(
    _ tensors: [(name: String, shape: [Int])], type: ElementType
  ) -> Data {
    let storage = type == .float16 ? "HalfStorage" : "FloatStorage"
    var pickle = Data([0x80, 2])
    pickle.append(contentsOf: "ccollections\nOrderedDict\n)R(".utf8)
    for (index, tensor) in tensors.enumerated() {
      append(text: tensor.name, to: &pickle)
      pickle.append(contentsOf: "ctorch._utils\n_rebuild_tensor_v2\n((".utf8)
      append(text: "storage", to: &pickle)
      pickle.append(contentsOf: "ctorch\n\(storage)\n".utf8)
      append(text: String(index), to: &pickle)
      append(text: "cpu", to: &pickle)
      append(tensor.shape.product, to: &pickle)
      pickle.append(contentsOf: "tQ".utf8)
      append(0, to: &pickle)
      append(tuple: tensor.shape, to: &pickle)
      append(tuple: StoredTensor.rowMajor(tensor.shape), to: &pickle)
      // No gradient, no hooks; then the tuple of arguments closes and the call is made.
      pickle.append(0x89)
      pickle.append(contentsOf: "ccollections\nOrderedDict\n)RtR".utf8)
    }
    pickle.append(contentsOf: "u.".utf8)
    return pickle
  }

  private static func append(text: String, to pickle: inout Data) {
    pickle.append(UInt8(ascii: "X"))
    pickle.append(little: UInt32(text.utf8.count))
    pickle.append(contentsOf: text.utf8)
  }

  private static func append(tuple: [Int], to pickle: inout Data) {
    pickle.append(UInt8(ascii: "("))
    for number in tuple { append(number, to: &pickle) }
    pickle.append(UInt8(ascii: "t"))
  }

  private static func append(_ number: Int, to pickle: inout Data) {
    if let small = UInt8(exactly: number) {
      pickle.append(contentsOf: [UInt8(ascii: "K"), small])
    } else if let medium = Int32(exactly: number) {
      pickle.append(UInt8(ascii: "J"))
      pickle.append(little: medium)
    } else {
      pickle.append(contentsOf: [0x8A, 8])
      pickle.append(little: Int64(number))
    }
  }
}
