import Archives
import Failures
import Foundation
import Tensors

/// A file of embeddings of one shape and number format; it never changes.
///
///     /keys    the keys of the entries, 64 hexadecimal digits each
///     /values  [n, ...] float32, float16, or for bfloat16 int16 with its bits; one entry a row
///
/// HDF5 looks at it once, to check it and to say where the values lie; rows are then read from there, by any thread.
struct EmbeddingPart: Sendable {
  let path: String
  let shape: [Int]
  let format: NumberFormat
  private let place: Int

  /// Reads what a part holds: its keys in the order of the rows; nil where they do not fit.
  static func read(
    _ path: String
  ) throws(HDF5Error) -> (part: EmbeddingPart, keys: [EmbeddingKey])? {
    let file = try HDF5File(reading: path)
    let names = try file.strings("keys")
    let keys = names.compactMap { EmbeddingKey(hexadecimal: $0) }
    let rows = try file.layout(of: "values").shape
    guard rows.first == names.count, keys.count == names.count else { return nil }
    for format in NumberFormat.allCases {
      if let place = try file.place(of: "values", as: format.elementType) {
        let shape = Array(rows.dropFirst())
        return (EmbeddingPart(path: path, shape: shape, format: format, place: place), keys)
      }
    }
    return nil
  }

  /// Writes entries as a part.
  static func write(
    _ entries: [(key: EmbeddingKey, value: Tensor)], shape: [Int], format: NumberFormat,
    to path: String
  ) throws {
    try HDF5File.write(to: path) { file in
      try file.write(strings: entries.map(\.key.hexadecimal), as: "keys")
      try file.create("values", shape: [entries.count] + shape, type: format.elementType)
      for (row, entry) in entries.enumerated() {
        try entry.value.withBytes(in: format) {
          try file.write(
            $0, of: format.elementType, to: "values", at: [row] + shape.map { _ in 0 },
            count: [1] + shape)
        }
      }
    }
  }

  /// The entry in a row.
  func value(_ row: Int) throws -> Tensor {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw ArchiveError.system(path: path, action: "read") }
    defer { close(file) }
    let start = place + row * shape.reduce(1, *) * format.byteCount
    return try Tensor(shape, in: format) { memory, position in
      var done = 0
      while done < memory.count {
        let count = pread(
          file, memory.baseAddress.map { $0 + done }, memory.count - done,
          off_t(start + position + done))
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw ArchiveError.system(path: path, action: "read") }
        guard count > 0 else {
          throw ExemplarError.store(path: path, reason: "the part is cut short; delete that file")
        }
        done += count
      }
    }
  }
}

extension NumberFormat {
  /// The type of the values in a part; HDF5 has none of bfloat16.
  fileprivate var elementType: HDF5ElementType {
    switch self {
    case .f32: .float
    case .f16: .half
    case .bf16: .int16
    }
  }
}
