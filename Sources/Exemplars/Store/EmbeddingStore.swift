import Archives
import Failures
import Foundation
import Synchronization
public import Tensors

/// What frozen weights made of images, kept in a folder beside the pack so that no image is encoded twice.
///
/// The folder holds parts, see `EmbeddingPart`, that are written whole to a temporary name, closed, synced and renamed.
/// A part's name comes from its keys and it never changes. Several programs may add at once; a lock on the file `lock`
/// lets one write at a time, and each writes only what the others have not.
public final class EmbeddingStore: Sendable {
  /// The path of the folder.
  public let folder: String
  /// The number format of new entries; it is part of their keys.
  public let format: NumberFormat
  private let state: Mutex<State>

  private struct Place: Sendable {
    let part: String
    let row: Int
  }

  private struct State: Sendable {
    var places: [EmbeddingKey: Place] = [:]
    var parts: [String: EmbeddingPart] = [:]
  }

  /// The store's folder beside a pack: `P.h5` has `P.embeddings`.
  public static func folder(forPack path: String) -> String {
    (path.hasSuffix(".h5") ? String(path.dropLast(3)) : path) + ".embeddings"
  }

  /// Opens a store, an empty one where there is no folder yet; the first entry makes it.
  public init(folder: String, format: NumberFormat = .f32) throws {
    self.folder = folder
    self.format = format
    state = Mutex(State())
    try state.withLock { try refresh(&$0) }
  }

  /// Takes up what other programs have added since the store was opened.
  public func refresh() throws { try state.withLock { try refresh(&$0) } }

  /// The bytes on disk of some entries of one shape.
  public func bytes(entries: Int, shape: [Int]) -> Int {
    entries * (shape.product * format.byteCount + 96)
  }

  /// The number of entries.
  public var count: Int { state.withLock { $0.places.count } }

  /// The bytes of all parts on disk.
  public var bytesOnDisk: Int {
    state.withLock { state in
      state.parts.keys.reduce(0) { sum, part in
        let attributes = try? FileManager.default.attributesOfItem(atPath: path(part))
        return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
      }
    }
  }

  /// Whether there is an entry under a key.
  public func contains(_ key: EmbeddingKey) -> Bool { state.withLock { $0.places[key] != nil } }

  /// The entry under a key, or nil where there is none; any thread may read at any time.
  public func embedding(for key: EmbeddingKey) throws -> Tensor? {
    let found = state.withLock { state in
      state.places[key].flatMap { place in state.parts[place.part].map { ($0, place.row) } }
    }
    return try found.map { part, row in try part.value(row) }
  }

  /// Adds entries as one part a shape, which is on disk when this returns.
  ///
  /// Entries whose key the store has already are left as they are. Parts are best some tens of entries large. Numbers
  /// that the format does not have are an error.
  public func add(_ entries: [(key: EmbeddingKey, value: Tensor)]) throws {
    if entries.isEmpty { return }
    try check(entries.map(\.value))
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

  /// Refuses what half precision would make infinite.
  private func check(_ values: [Tensor]) throws {
    guard format == .f16, !values.allSatisfy({ $0.rounded(to: .f16).isFinite }) else { return }
    throw ExemplarError.store(
      path: folder,
      reason:
        "an embedding has numbers beyond 65504, which f16 does not hold; keep it in bf16 or f32")
  }

  private func write(
    _ entries: [(EmbeddingKey, Tensor)], _ shape: [Int], _ state: inout State
  ) throws {
    let keys = entries.map(\.0.hexadecimal)
    let name = "part-\(Digest.sha256(Data(keys.joined().utf8)).prefix(16)).h5"
    try EmbeddingPart.write(entries, shape: shape, format: format, to: path(name))
    try takeUp(name, &state)
  }

  /// Takes up the parts that other programs have added.
  private func refresh(_ state: inout State) throws {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
    for name in names.sorted()
    where name.hasPrefix("part-") && name.hasSuffix(".h5") && state.parts[name] == nil {
      try takeUp(name, &state)
    }
  }

  private func takeUp(_ name: String, _ state: inout State) throws {
    let damaged = ExemplarError.store(
      path: folder, reason: "its part \(name) is damaged; delete that file")
    do {
      guard let (part, keys) = try EmbeddingPart.read(path(name)) else { throw damaged }
      state.parts[name] = part
      for (row, key) in keys.enumerated() { state.places[key] = Place(part: name, row: row) }
    } catch let error as HDF5Error where error.kind == .badInput {
      throw damaged
    }
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
