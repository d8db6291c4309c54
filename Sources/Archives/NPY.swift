public import Foundation

/// Arrays in NumPy's npy format, versions 1 to 3.
public enum NPY {
  /// Whether bytes begin as an npy file does.
  public static func recognises(_ data: Data) -> Bool { data.starts(with: NPYHeader.magic) }

  /// The array of an npy file, in row-major order; `source` names it in errors.
  ///
  /// Numeric and boolean elements of either byte order are read; arrays of objects are refused.
  public static func array(_ data: Data, source: String) throws(ArchiveError) -> StoredArray {
    let header = try NPYHeader(data, source: source)
    try check(header, size: data.count, source: source)
    var bytes = data.dropFirst(header.dataOffset)
    let width = header.type.byteCount
    if header.isBigEndian && width > 1 { bytes = swapped(bytes, width: width) }
    if header.isFortranOrder && header.shape.count > 1 {
      bytes = transposed(bytes, shape: header.shape, width: width)
    }
    return StoredArray(type: header.type, shape: header.shape, bytes: bytes)
  }

  /// The bytes of an npy file.
  public static func file(_ array: StoredArray) -> Data {
    let names: [ElementType: String] = [
      .float64: "<f8", .float32: "<f4", .float16: "<f2", .int64: "<i8", .int32: "<i4",
      .int16: "<i2", .int8: "|i1", .uint64: "<u8", .uint32: "<u4", .uint16: "<u2", .uint8: "|u1",
      .bool: "|b1",
    ]
    // NumPy has no bfloat16: its bits with zeros behind them are a float32.
    guard let name = names[array.type] else {
      return file(StoredArray(shape: array.shape, floats: array.floats))
    }
    let extents = array.shape.map(String.init).joined(separator: ", ")
    let shape = array.shape.count == 1 ? "(\(extents),)" : "(\(extents))"
    var text = "{'descr': '\(name)', 'fortran_order': False, 'shape': \(shape), }"
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    var data = Data(NPYHeader.magic + [1, 0])
    data.append(little: UInt16(text.utf8.count))
    data.append(contentsOf: text.utf8)
    data.append(array.bytes)
    return data
  }

  static func check(_ header: NPYHeader, size: Int, source: String) throws(ArchiveError) {
    let expected = header.shape.reduce(header.type.byteCount, *)
    guard expected == size - header.dataOffset else {
      throw .malformed(
        source: source,
        reason: "its shape \(header.shape) takes \(expected) bytes, "
          + "but \(size - header.dataOffset) follow the header")
    }
  }

  private static func swapped(_ bytes: Data, width: Int) -> Data {
    var result = Data(count: bytes.count)
    result.withUnsafeMutableBytes { (output: UnsafeMutableRawBufferPointer) in
      bytes.withUnsafeBytes { (input: UnsafeRawBufferPointer) in
        for index in 0..<input.count { output[index] = input[index ^ (width - 1)] }
      }
    }
    return result
  }

  /// Column-major elements in row-major order.
  private static func transposed(_ bytes: Data, shape: [Int], width: Int) -> Data {
    var strides = [width]
    for extent in shape.dropLast() { strides.append((strides.last ?? width) * extent) }
    let rank = shape.count
    var position = [Int](repeating: 0, count: rank)
    var offset = 0
    var result = Data(count: bytes.count)
    result.withUnsafeMutableBytes { (output: UnsafeMutableRawBufferPointer) in
      bytes.withUnsafeBytes { (input: UnsafeRawBufferPointer) in
        for start in stride(from: 0, to: output.count, by: width) {
          for byte in 0..<width { output[start + byte] = input[offset + byte] }
          var axis = rank - 1
          while axis >= 0 {
            position[axis] += 1
            offset += strides[axis]
            if position[axis] < shape[axis] { break }
            offset -= strides[axis] * shape[axis]
            position[axis] = 0
            axis -= 1
          }
        }
      }
    }
    return result
  }
}
