import CHDF5
import Foundation

extension HDF5File {
  /// Writes the file at `path`: what `body` puts into it, or, on any failure, nothing.
  ///
  /// The file grows under a temporary name in the same folder, is closed and synced, and then takes its name. h5py and
  /// every HDF5 since 1.8 read it without a plugin. Errors of `body` are passed on.
  public static func write(to path: String, _ body: (HDF5Writer) throws -> Void) throws {
    try AtomicFile.replace(path) { temporary in
      let writer = try HDF5Writer(temporary, target: path)
      do {
        try body(writer)
        try writer.close()
      } catch {
        writer.abandon()
        throw error
      }
    }
  }
}

/// An HDF5 file being written, inside `HDF5File.write(to:_:)`.
///
/// Paths start with "/" or are taken from the root; missing groups on the way are made.
public final class HDF5Writer {
  private let temporary: String
  private let target: String
  private var id: Int64?
  private var hasFailed = false

  init(_ temporary: String, target: String) throws(HDF5Error) {
    self.temporary = temporary
    self.target = target
    id = try HDF5Library.alone { () throws(HDF5Error) in
      let id = chdf5_create(temporary)
      guard id >= 0 else {
        throw .storage(path: target, action: "write", reason: HDF5Library.systemReason)
      }
      return id
    }
  }

  func close() throws(HDF5Error) {
    try perform { chdf5_flush($0) }
    try perform { chdf5_close($0) }
    id = nil
  }

  /// Lets go of a file that will not be finished.
  ///
  /// After a failed write the library crashes when it closes the file, as it cannot flush it. Such a file stays open
  /// until the process ends; its bytes are given back at once.
  func abandon() {
    if let id, !hasFailed { HDF5Library.alone { _ = chdf5_close(id) } }
    if hasFailed { truncate(temporary, 0) }
    id = nil
  }

  private func perform(_ call: (Int64) -> Int32) throws(HDF5Error) {
    guard let id else { preconditionFailure("HDF5Writer: \(target) is closed") }
    try HDF5Library.alone { () throws(HDF5Error) in
      guard call(id) == 0 else {
        hasFailed = true
        throw .storage(path: target, action: "write", reason: HDF5Library.systemReason)
      }
    }
  }

  /// Makes a group.
  public func createGroup(_ group: String) throws(HDF5Error) {
    try perform { chdf5_create_group($0, HDF5File.rooted(group)) }
  }

  /// Makes a data set of the given extents, whose elements are zero until written.
  ///
  /// Without `chunk` it is contiguous; with it, chunks are shuffled and deflated at `level` (0 stores them).
  public func create(
    _ dataset: String, shape: [Int], type: HDF5ElementType, chunk: [Int]? = nil, level: Int = 4
  ) throws(HDF5Error) {
    Self.require(shape.count <= Int(CHDF5_MAX_RANK) && shape.allSatisfy { $0 >= 0 }, dataset, shape)
    if let chunk {
      precondition(
        chunk.count == shape.count && !chunk.isEmpty && chunk.allSatisfy { $0 > 0 },
        "HDF5Writer.create: chunk \(chunk) for \(dataset) of shape \(shape)")
    }
    try perform {
      chdf5_create_dataset(
        $0, HDF5File.rooted(dataset), type.memory, Int32(shape.count), shape.map(Int64.init),
        chunk?.map(Int64.init), Int32(level))
    }
  }

  /// Writes a block of a data set, in row-major order.
  public func write<Element: HDF5Element>(
    _ values: [Element], to dataset: String, at start: [Int], count: [Int]
  ) throws(HDF5Error) {
    precondition(
      count.reduce(1, *) == values.count && start.count == count.count,
      "HDF5Writer.write: \(values.count) elements for a block of \(count) at \(start)")
    if values.isEmpty { return }
    try perform { id in
      values.withUnsafeBytes { Self.write($0, Element.hdf5Type, id, dataset, start, count) }
    }
  }

  /// Writes a block of a data set, in row-major order, from the bytes of its elements in memory.
  public func write(
    _ bytes: UnsafeRawBufferPointer, of type: HDF5ElementType, to dataset: String,
    at start: [Int], count: [Int]
  ) throws(HDF5Error) {
    try perform { Self.write(bytes, type, $0, dataset, start, count) }
  }

  private static func write(
    _ bytes: UnsafeRawBufferPointer, _ type: HDF5ElementType, _ id: Int64, _ dataset: String,
    _ start: [Int], _ count: [Int]
  ) -> Int32 {
    chdf5_write(
      id, HDF5File.rooted(dataset), start.map(Int64.init), count.map(Int64.init), type.memory,
      bytes.baseAddress)
  }

  /// Makes a data set and writes all of it, in row-major order.
  public func write<Element: HDF5Element>(
    _ values: [Element], as dataset: String, shape: [Int], chunk: [Int]? = nil, level: Int = 4
  ) throws(HDF5Error) {
    Self.require(shape.reduce(1, *) == values.count, dataset, shape)
    try create(dataset, shape: shape, type: Element.hdf5Type, chunk: chunk, level: level)
    if values.isEmpty { return }
    try perform { id in
      values.withUnsafeBytes {
        chdf5_write(
          id, HDF5File.rooted(dataset), nil, nil, Element.hdf5Type.memory, $0.baseAddress)
      }
    }
  }

  /// Makes a data set of strings.
  public func write(strings: [String], as dataset: String) throws(HDF5Error) {
    try perform { id in
      Self.withPointers(to: strings) {
        chdf5_write_strings(id, HDF5File.rooted(dataset), Int64(strings.count), $0)
      }
    }
  }

  /// Gives an object an attribute of numbers; `shape` is one axis unless given, and empty for a single number.
  public func set<Element: HDF5Element>(
    _ attribute: String, of object: String, to values: [Element], shape: [Int]? = nil
  ) throws(HDF5Error) {
    let shape = shape ?? [values.count]
    Self.require(shape.reduce(1, *) == values.count, attribute, shape)
    try perform { id in
      values.withUnsafeBytes {
        chdf5_write_attribute(
          id, HDF5File.rooted(object), attribute, Element.hdf5Type.memory, Int32(shape.count),
          shape.map(Int64.init), $0.baseAddress)
      }
    }
  }

  /// Gives an object an attribute of one number.
  public func set<Element: HDF5Element>(
    _ attribute: String, of object: String, to value: Element
  ) throws(HDF5Error) {
    try set(attribute, of: object, to: [value], shape: [])
  }

  /// Gives an object an attribute of one string.
  public func set(
    _ attribute: String, of object: String, to string: String
  ) throws(HDF5Error) {
    try perform { id in
      Self.withPointers(to: [string]) {
        chdf5_write_string_attribute(id, HDF5File.rooted(object), attribute, -1, $0)
      }
    }
  }

  /// Gives an object an attribute of a list of strings.
  public func set(
    _ attribute: String, of object: String, to strings: [String]
  ) throws(HDF5Error) {
    try perform { id in
      Self.withPointers(to: strings) {
        chdf5_write_string_attribute(
          id, HDF5File.rooted(object), attribute, Int64(strings.count), $0)
      }
    }
  }

  private static func require(_ holds: Bool, _ name: String, _ shape: [Int]) {
    precondition(holds, "HDF5Writer: \(name) cannot have the shape \(shape) for its elements")
  }

  /// Lends the strings as C strings; a NUL inside one ends it.
  private static func withPointers(
    to strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Int32
  ) -> Int32 {
    let bytes = strings.flatMap { Array($0.utf8CString) }
    return bytes.withUnsafeBufferPointer { buffer in
      var offset = 0
      let pointers = strings.map { string in
        defer { offset += string.utf8CString.count }
        return buffer.baseAddress.map { $0 + offset }
      }
      return body(pointers)
    }
  }
}
