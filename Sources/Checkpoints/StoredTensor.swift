import Archives
import Foundation
import Tensors

/// The bytes several tensors may share: loaded when first asked for, little-endian, their checksum checked.
final class Storage {
  let byteCount: Int
  private enum Origin {
    case bytes(Data)
    case member(ZipArchive, ZipArchive.Entry)
  }
  private var origin: Origin
  private let swapWidth: Int

  /// Bytes as they lie in a file; elements of `swapWidth` bytes are turned round (1: none).
  init(_ bytes: Data, swapWidth: Int = 1) {
    byteCount = bytes.count
    origin = .bytes(swapWidth > 1 ? Storage.swapped(bytes, width: swapWidth) : bytes)
    self.swapWidth = 1
  }

  /// The member of a zip file.
  init(_ archive: ZipArchive, _ entry: ZipArchive.Entry, swapWidth: Int = 1) {
    byteCount = entry.size
    origin = .member(archive, entry)
    self.swapWidth = swapWidth
  }

  func bytes() throws(ArchiveError) -> Data {
    switch origin {
    case .bytes(let bytes): return bytes
    case .member(let archive, let entry):
      var bytes = try archive.bytes(of: entry, limit: byteCount)
      if swapWidth > 1 { bytes = Storage.swapped(bytes, width: swapWidth) }
      origin = .bytes(bytes)
      return bytes
    }
  }

  private static func swapped(_ bytes: Data, width: Int) -> Data {
    let input = [UInt8](bytes)
    return Data(input.indices.map { input[min($0 ^ (width - 1), input.count - 1)] })
  }
}

/// A tensor as a checkpoint holds it: a view, with strides in elements, of a storage.
struct StoredTensor {
  let type: ElementType
  let shape: [Int]
  let strides: [Int]
  let offset: Int
  let storage: Storage

  /// A view whose elements all lie in the storage, or nil, for what a file claims.
  init?(type: ElementType, shape: [Int], strides: [Int], offset: Int, storage: Storage) {
    guard let count = shape.checkedProduct, shape.count == strides.count, shape.count <= 32,
      offset >= 0, strides.allSatisfy({ $0 >= 0 })
    else { return nil }
    let stored = storage.byteCount / type.byteCount
    var last = offset
    for (extent, stride) in zip(shape, strides) where count > 0 {
      let (span, overflows) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, exceeds) = last.addingReportingOverflow(span)
      if overflows || exceeds { return nil }
      last = sum
    }
    // Strides of zero let a few bytes stand for many elements; beyond 2^24 that is a trap, not a weight.
    guard count == 0 || last < stored, count <= max(stored, 1 << 24) else { return nil }
    self.type = type
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.storage = storage
  }

  /// A dense tensor that begins at the first byte of a storage, or nil where the sizes differ.
  init?(dense shape: [Int], type: ElementType, storage: Storage) {
    guard let count = shape.checkedProduct, count < 1 << 58,
      count * type.byteCount == storage.byteCount
    else { return nil }
    self.init(
      type: type, shape: shape, strides: StoredTensor.rowMajor(shape), offset: 0, storage: storage)
  }

  static func rowMajor(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] &* shape[axis + 1]
    }
    return strides
  }

  /// The elements as 32-bit floats, row-major; those that lie in `file` as such stay there.
  func tensor(mapped file: MappedFile?) throws(ArchiveError) -> Tensor {
    let bytes = try storage.bytes()
    return bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
      if let file, let base = floats(in: bytes, mapped: file) {
        return Tensor(shape, reading: base, keptBy: file)
      }
      return Tensor(unfilled: shape) { output in
        forEachRow { row, start, step, count in
          type.read(bytes, start: start, step: step, count: count, into: output + row * count)
        }
      }
    }
  }

  /// Where the tensor's elements lie in the mapped file, if they are there as memory has them.
  private func floats(
    in bytes: UnsafeRawBufferPointer, mapped file: MappedFile
  ) -> UnsafePointer<Float>? {
    guard 1.littleEndian == 1, type == .float32, !shape.contains(0),
      strides == StoredTensor.rowMajor(shape), file.contains(bytes),
      let base = bytes.baseAddress.map({ $0 + 4 * offset }),
      Int(bitPattern: base) % MemoryLayout<Float>.alignment == 0
    else { return nil }
    return base.assumingMemoryBound(to: Float.self)
  }

  /// The elements in their own type, row-major.
  func array() throws(ArchiveError) -> StoredArray {
    let bytes = try storage.bytes()
    let width = type.byteCount
    var result = Data(capacity: shape.product * width)
    forEachRow { _, start, step, count in
      for index in 0..<count {
        let place = bytes.startIndex + (start + index * step) * width
        result.append(bytes[place..<place + width])
      }
    }
    return StoredArray(type: type, shape: shape, bytes: result)
  }

  /// Calls `body` with the number, first element, step and length of every row of the last axis; a dense tensor is one row.
  private func forEachRow(_ body: (Int, Int, Int, Int) -> Void) {
    let count = shape.product
    if count == 0 { return }
    if strides == StoredTensor.rowMajor(shape) { return body(0, offset, 1, count) }
    let width = shape.last ?? 1
    var position = [Int](repeating: 0, count: shape.count)
    var start = offset
    for row in 0..<count / width {
      body(row, start, strides.last ?? 1, width)
      var axis = shape.count - 2
      while axis >= 0 {
        position[axis] += 1
        start += strides[axis]
        if position[axis] < shape[axis] { break }
        start -= strides[axis] * shape[axis]
        position[axis] = 0
        axis -= 1
      }
    }
  }
}
