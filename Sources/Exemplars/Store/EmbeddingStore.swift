import Archives
import Failures
import Foundation
import Synchronization
public import Tensors

/// What frozen weights made of images, kept in a folder beside the pack so that no image is encoded twice.
///
/// The folder holds parts, HDF5 files that are written whole to a temporary name, closed, synced and renamed:
///
///     /keys    the keys of the entries, 64 hexadecimal digits each
///     /values  [n, ...] float32, one entry a row; all entries of a part have one shape
///
/// A part's name comes from its keys and it never changes. Several programs may add at once; a lock on the file `lock`
/// lets one write at a time, and each writes only what the others have not.
public final class EmbeddingStore: Sendable {
  /// The path of the folder.
  public let folder: String
  private let state: Mutex<State>

  private struct Place: Sendable {
    let part: String
    let row: Int
  }

  private struct State: Sendable {
    var places: [EmbeddingKey: Place] = [:]
    var shapes: [String: [Int]] = [:]
    var open: [String: HDF5File] = [:]
  }

  /// The store's folder beside a pack: `P.h5` has `P.embeddings`.
  public static func folder(forPack path: String) -> String {
    (path.hasSuffix(".h5") ? String(path.dropLast(3)) : path) + ".embeddings"
  }

  /// Opens a store, an empty one where there is no folder yet; the first entry makes it.
  public init(folder: String) throws {
    self.folder = folder
    state = Mutex(State())
    try state.withLock { try refresh(&$0) }
  }

  /// The bytes on disk of some entries of one shape.
  public static func bytes(entries: Int, shape: [Int]) -> Int {
    entries * (shape.product * MemoryLayout<Float>.stride + 96)
  }

  /// The number of entries.
  public var count: Int { state.withLock { $0.places.count } }

  /// The bytes of all parts on disk.
  public var bytesOnDisk: Int {
    state.withLock { state in
      state.shapes.keys.reduce(0) { sum, part in
        let attributes = try? FileManager.default.attributesOfItem(atPath: path(part))
        return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
      }
    }
  }

  /// Whether there is an entry under a key.
  public func contains(_ key: EmbeddingKey) -> Bool { state.withLock { $0.places[key] != nil } }

  /// The entry under a key, or nil where there is none.
  public func embedding(for key: EmbeddingKey) throws -> Tensor? {
    let found = try state.withLock { state -> (HDF5File, [Int], Int)? in
      guard let place = state.places[key], let shape = state.shapes[place.part] else { return nil }
      return (try file(place.part, &state), shape, place.row)
    }
    guard let (file, shape, row) = found else { return nil }
    let values: [Float] = try file.read(
      "values", from: [row] + shape.map { _ in 0 }, count: [1] + shape)
    return Tensor(shape, values)
  }

  /// Adds entries as one part a shape, which is on disk when this returns.
  ///
  /// Entries whose key the store has already are left as they are. Parts are best some tens of entries large.
  public func add(_ entries: [(key: EmbeddingKey, value: Tensor)]) throws {
    if entries.isEmpty { return }
    try state.withLock { state in
      try AtomicFile.makeFolder(folder)
      let lock = try FolderLock(folder)
      defer { lock.release() }
      try removeRemains()
      try refresh(&state)
      var fresh: [EmbeddingKey: Tensor] = [:]
      for (key, value) in entries where state.places[key] == nil { fresh[key] = value }
      let byShape = Dictionary(grouping: fresh.sorted { $0.key.hexadecimal < $1.key.hexadecimal }) {
        $0.value.shape
      }
      for (shape, part) in byShape.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        try write(part.map { ($0.key, $0.value) }, shape, &state)
      }
    }
  }

  private func write(
    _ entries: [(EmbeddingKey, Tensor)], _ shape: [Int], _ state: inout State
  ) throws {
    let keys = entries.map(\.0.hexadecimal)
    let name = "part-\(Digest.sha256(Data(keys.joined().utf8)).prefix(16)).h5"
    try HDF5File.write(to: path(name)) { file in
      try file.write(strings: keys, as: "keys")
      try file.create("values", shape: [entries.count] + shape, type: .float)
      for (row, entry) in entries.enumerated() {
        try file.write(
          entry.1.values, to: "values", at: [row] + shape.map { _ in 0 }, count: [1] + shape)
      }
    }
    state.shapes[name] = shape
    for (row, entry) in entries.enumerated() { state.places[entry.0] = Place(part: name, row: row) }
  }

  /// Takes up the parts that other programs have added.
  private func refresh(_ state: inout State) throws {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
    for name in names.sorted()
    where name.hasPrefix("part-") && name.hasSuffix(".h5") && state.shapes[name] == nil {
      let damaged = ExemplarError.store(
        path: folder, reason: "its part \(name) is damaged; delete that file")
      let keys: [EmbeddingKey?]
      let layout: HDF5Layout
      do {
        let file = try file(name, &state)
        keys = try file.strings("keys").map(EmbeddingKey.init(hexadecimal:))
        layout = try file.layout(of: "values")
      } catch let error as HDF5Error where error.kind == .badInput {
        throw damaged
      }
      guard layout.shape.first == keys.count, layout.kind == .real, !keys.contains(nil) else {
        throw damaged
      }
      state.shapes[name] = Array(layout.shape.dropFirst())
      for (row, key) in keys.enumerated() {
        if let key { state.places[key] = Place(part: name, row: row) }
      }
    }
  }

  /// The open file of a part; a few dozen stay open.
  private func file(_ part: String, _ state: inout State) throws -> HDF5File {
    if let file = state.open[part] { return file }
    var limits = HDF5File.Limits()
    limits.reading = 1 << 20
    let file = try HDF5File(reading: path(part), within: limits)
    if state.open.count >= 48 { state.open.removeAll() }
    state.open[part] = file
    return file
  }

  /// Deletes what killed writers left; only under the lock.
  private func removeRemains() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where name.hasPrefix(".part-") {
      try FileManager.default.removeItem(atPath: path(name))
    }
  }

  private func path(_ name: String) -> String { folder + "/" + name }
}

/// The right to write into a folder, held by one program at a time; the system takes it back when the program ends.
private struct FolderLock {
  private let file: Int32

  /// Waits until no other program holds the lock.
  init(_ folder: String) throws {
    let path = folder + "/lock"
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw ArchiveError.system(path: path, action: "lock") }
    while flock(file, LOCK_EX) != 0 {
      guard errno == EINTR else {
        let code = errno
        close(file)
        throw ArchiveError.system(path: path, action: "lock", code: code)
      }
    }
  }

  func release() { close(file) }
}
