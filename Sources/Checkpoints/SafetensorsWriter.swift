import Archives
import Foundation
import Tensors

/// The layout of a safetensors file: names and metadata sorted, so that equal tensors give equal bytes.
struct SafetensorsWriter {
  /// The header with the length before it.
  let header: Data
  /// The names in the order of their bytes.
  let order: [String]
  private let type: ElementType

  init(
    _ tensors: [(name: String, shape: [Int])], metadata: [String: String], type: ElementType
  ) {
    precondition(
      type == .float32 || type == .float16, "safetensors: float32 or float16 expected, not \(type)")
    self.type = type
    let sorted = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    order = sorted.map(\.name)
    var parts: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(quoted($0.key)):\(quoted($0.value))" }
      parts.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for (name, shape) in sorted {
      let end = offset + shape.product * type.byteCount
      let extents = shape.map(String.init).joined(separator: ",")
      parts.append(
        "\(quoted(name)):{\"dtype\":\"\(type == .float32 ? "F32" : "F16")\","
          + "\"shape\":[\(extents)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = "{\(parts.joined(separator: ","))}"
    text += String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    var header = Data()
    header.append(little: UInt64(text.utf8.count))
    header.append(contentsOf: text.utf8)
    self.header = header
  }

  func bytes(of tensor: Tensor) -> Data { elementBytes(of: tensor, as: type) }
}

/// The elements of a tensor as little-endian float32 or float16.
func elementBytes(of tensor: Tensor, as type: ElementType) -> Data {
  tensor.withPointer { values in
    let values = UnsafeBufferPointer(start: values, count: tensor.count)
    if type == .float16 {
      return values.map { Float16($0).bitPattern.littleEndian }.withUnsafeBytes { Data($0) }
    }
    return values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0) }
  }
}

/// A string as JSON writes it.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
