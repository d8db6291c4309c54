public import Archives
public import Foundation
public import Tensors

/// Named tensors on disk or in memory, of which each is claimed once.
///
/// The format is found by content: safetensors, PyTorch's zip and older layouts, npz. A file is mapped; its tensors
/// are decoded one by one when asked for, and those of 32-bit floats stay where they lie. No code in it can run.
public final class Checkpoint {
  /// The file, or what the tensors came from.
  public let source: String
  /// Text the file carries beside its tensors (safetensors only).
  public let metadata: [String: String]
  /// The names of the tensors in the file's order.
  public let names: [String]
  private let contents: [String: Content]
  private let file: Data?
  private let mapped: MappedFile?
  private var claimed: Set<String> = []

  private enum Content {
    case stored(StoredTensor)
    case value(Tensor)

    var shape: [Int] {
      switch self {
      case .stored(let tensor): tensor.shape
      case .value(let tensor): tensor.shape
      }
    }
  }

  /// The SHA-256 of the bytes of the file the tensors are in; of tensors in memory, of the safetensors file they
  /// would make.
  public private(set) lazy var sha256: String =
    file.map { mapped?.sha256 ?? Digest.sha256($0) } ?? canonicalDigest()

  /// Opens a checkpoint file.
  public convenience init(contentsOf path: String) throws(CheckpointError) {
    let mapped = try converting(path) { () throws(ArchiveError) in try MappedFile(path) }
    if let mapped {
      try self.init(mapped.data, mapped, source: path)
      return
    }
    let data = try converting(path) { () throws(ArchiveError) in try Data(mapping: path) }
    try self.init(data, nil, source: path)
  }

  /// Reads the bytes of a checkpoint file; `source` names it in errors.
  public convenience init(_ data: Data, source: String) throws(CheckpointError) {
    try self.init(data, nil, source: source)
  }

  private init(_ data: Data, _ mapped: MappedFile?, source: String) throws(CheckpointError) {
    let (tensors, metadata) = try CheckpointFile.tensors(in: data, file: source)
    let stripped = Checkpoint.withoutModulePrefix(tensors)
    self.source = source
    file = data
    self.mapped = mapped
    self.metadata = metadata
    names = stripped.map(\.name)
    contents = Dictionary(stripped.map { ($0.name, .stored($0.tensor)) }) { first, _ in first }
  }

  /// Tensors in memory; `source` says in errors where they came from.
  public init(
    _ tensors: [(String, Tensor)], source: String, metadata: [String: String] = [:]
  ) {
    self.source = source
    self.metadata = metadata
    file = nil
    mapped = nil
    names = tensors.map(\.0)
    contents = Dictionary(tensors.map { ($0.0, .value($0.1)) }) { first, _ in first }
    precondition(
      contents.count == names.count,
      "Checkpoint: \(names.count) names are given for \(source), \(contents.count) are different")
  }

  private init(
    contents: [String: Content], names: [String], source: String, metadata: [String: String],
    file: Data?, mapped: MappedFile?
  ) {
    self.contents = contents
    self.names = names
    self.source = source
    self.metadata = metadata
    self.file = file
    self.mapped = mapped
  }

  /// Whether there is a tensor of the name.
  public func contains(_ name: String) -> Bool { contents[name] != nil }

  /// The shape of a tensor, or nil where there is none of the name.
  public func shape(of name: String) -> [Int]? { contents[name]?.shape }

  /// The number format of a tensor in its file; float32 in memory; nil where there is none of the name.
  public func elementType(of name: String) -> ElementType? {
    switch contents[name] {
    case .stored(let tensor): tensor.type
    case .value: .float32
    case nil: nil
    }
  }

  /// A tensor as 32-bit floats, without claiming it.
  public func tensor(_ name: String) throws(CheckpointError) -> Tensor {
    switch contents[name] {
    case .stored(let stored):
      return try converting(source) { () throws(ArchiveError) in
        try mapped?.checkLength()
        return try stored.tensor(mapped: mapped)
      }
    case .value(let tensor): return tensor
    case nil: throw .missing(key: name, file: source)
    }
  }

  /// A tensor in the format of its file, without claiming it: for integers and exact copies.
  public func array(_ name: String) throws(CheckpointError) -> StoredArray {
    switch contents[name] {
    case .stored(let stored):
      return try converting(source) { () throws(ArchiveError) in try stored.array() }
    case .value(let tensor): return StoredArray(shape: tensor.shape, floats: tensor.values)
    case nil: throw .missing(key: name, file: source)
    }
  }

  /// Takes the tensor of a name, which must have the shape, be finite and not have been taken before.
  public func claim(_ name: String, _ shape: [Int]) throws(CheckpointError) -> Tensor {
    guard let found = self.shape(of: name) else { throw .missing(key: name, file: source) }
    guard found == shape else {
      throw .shape(key: name, expected: shape, found: found, file: source)
    }
    let tensor = try tensor(name)
    guard tensor.isFinite else { throw .notFinite(key: name, file: source) }
    guard claimed.insert(name).inserted else { throw .claimedTwice(key: name, file: source) }
    // A model may never use what it claims: what it does use comes back where it is used.
    tensor.withPointer {
      mapped?.letGo(of: UnsafeRawBufferPointer(start: $0, count: 4 * tensor.count))
    }
    return tensor
  }

  /// Makes sure that every tensor was claimed; the error names what is left over.
  public func finish() throws(CheckpointError) {
    let left = names.filter { !claimed.contains($0) }
    guard left.isEmpty else { throw .unused(keys: left, file: source) }
  }

  /// The same tensors, unclaimed, under the names `rename` gives; those it gives nil are left out.
  ///
  /// The SHA-256 stays that of the file.
  public func renamed(
    metadata: [String: String]? = nil, _ rename: (String) -> String?
  ) throws(CheckpointError) -> Checkpoint {
    var contents: [String: Content] = [:]
    var names: [String] = []
    for name in self.names {
      guard let content = self.contents[name], let new = rename(name) else { continue }
      guard contents.updateValue(content, forKey: new) == nil else {
        throw .unreadable(file: source, reason: "two of its tensors would both be called \(new)")
      }
      names.append(new)
    }
    return Checkpoint(
      contents: contents, names: names, source: source, metadata: metadata ?? self.metadata,
      file: file, mapped: mapped)
  }

  /// The same tensors, unclaimed, with some replaced and those of new names added.
  public func replacing(
    _ tensors: [(String, Tensor)], metadata: [String: String]? = nil
  ) -> Checkpoint {
    var contents = self.contents
    var names = self.names
    for (name, tensor) in tensors {
      if contents.updateValue(.value(tensor), forKey: name) == nil { names.append(name) }
    }
    return Checkpoint(
      contents: contents, names: names, source: source, metadata: metadata ?? self.metadata,
      file: nil, mapped: mapped)
  }

  private func canonicalDigest() -> String {
    var digest = Digest.Running()
    let tensors = names.map { name in (name, contents[name]?.shape ?? []) }
    let writer = SafetensorsWriter(tensors, metadata: metadata, type: .float32)
    digest.update(writer.header)
    for name in writer.order {
      guard let tensor = try? tensor(name) else { continue }
      digest.update(writer.bytes(of: tensor))
    }
    return digest.hexadecimal
  }

  /// Drops `module.` from all names where all have it, as parallel training leaves it.
  private static func withoutModulePrefix(_ tensors: [NamedTensor]) -> [NamedTensor] {
    let prefix = "module."
    guard tensors.allSatisfy({ $0.name.hasPrefix(prefix) }) else { return tensors }
    return tensors.map { (String($0.name.dropFirst(prefix.count)), $0.tensor) }
  }
}

/// Runs a reading step and turns its failure into one about the checkpoint.
func converting<Result>(
  _ file: String, _ body: () throws(ArchiveError) -> Result
) throws(CheckpointError) -> Result {
  do {
    return try body()
  } catch {
    switch error {
    case .storage: throw .storage(message: error.description)
    case .malformed(let source, let reason):
      throw .unreadable(file: source, reason: reason)
    case .tooLarge: throw .unreadable(file: file, reason: error.description)
    }
  }
}
