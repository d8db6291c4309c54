import Archives
import Foundation

/// The safetensors format: a JSON header, then the bytes of all tensors without a gap.
enum Safetensors {
  /// The reference implementation's bound on the header.
  static let headerLimit = 100_000_000

  static let types: [String: ElementType] = [
    "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64,
    "I32": .int32, "I16": .int16, "I8": .int8, "U64": .uint64, "U32": .uint32, "U16": .uint16,
    "U8": .uint8, "BOOL": .bool,
  ]

  /// Whether bytes could be a safetensors file: a length, then a brace; a file too short for that is one that is cut.
  static func recognises(_ data: Data) -> Bool {
    data.count < 9 || data[data.startIndex + 8] == UInt8(ascii: "{")
  }

  /// Whether bytes start as a safetensors file does: the length of a header of a possible size, then its brace.
  static func hasHeader(_ data: Data) -> Bool {
    data.count > 8 && data[data.startIndex + 8] == UInt8(ascii: "{")
      && headerLength(data) <= headerLimit
  }

  private static func headerLength(_ data: Data) -> UInt64 {
    data.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  static func tensors(
    in data: Data, file: String
  ) throws(CheckpointError) -> ([NamedTensor], [String: String]) {
    guard data.count >= 8 else {
      throw .unreadable(file: file, reason: "its \(data.count) bytes are too few for a header")
    }
    let length = headerLength(data)
    guard length <= headerLimit, Int(length) <= data.count - 8 else {
      throw .unreadable(
        file: file, reason: "its header claims \(length) bytes of a file of \(data.count)")
    }
    let start = data.startIndex + 8 + Int(length)
    var parser = SafetensorsHeader([UInt8](data[(data.startIndex + 8)..<start]), file: file)
    try parser.parse()
    let entries = parser.entries.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
    var tensors: [NamedTensor] = []
    var covered = 0
    for entry in entries {
      guard entry.end <= data.count - 8 - Int(length) else {
        throw .unreadable(
          file: file,
          reason:
            "it is cut short: the tensor \(entry.name) ends at byte \(entry.end) of the data, "
            + "and there are \(data.count - 8 - Int(length))")
      }
      guard entry.begin == covered, entry.end >= entry.begin else {
        throw .unreadable(
          file: file,
          reason: "the tensor \(entry.name) lies at \(entry.begin)..<\(entry.end), "
            + "but byte \(covered) is where it must begin")
      }
      covered = entry.end
      guard let type = types[entry.type] else {
        throw .unreadable(
          file: file, reason: "the tensor \(entry.name) has the unknown type \(entry.type)")
      }
      let storage = Storage(data[(start + entry.begin)..<(start + entry.end)])
      guard let tensor = StoredTensor(dense: entry.shape, type: type, storage: storage) else {
        throw .unreadable(
          file: file,
          reason: "the tensor \(entry.name) of shape \(entry.shape) and type \(entry.type) "
            + "does not take \(entry.end - entry.begin) bytes")
      }
      tensors.append((entry.name, tensor))
    }
    guard covered == data.count - 8 - Int(length) else {
      throw .unreadable(
        file: file, reason: "\(data.count - 8 - Int(length) - covered) bytes belong to no tensor")
    }
    return (tensors, parser.metadata)
  }
}
