import Archives
import Foundation

/// PyTorch's checkpoint layouts: a zip file of a pickle and storages, and the older one of several pickles in a row.
enum TorchFile {
  /// No pickle of a state dict comes near this many bytes.
  private static let pickleLimit = 1 << 26

  /// The tensors of a zip file.
  static func tensors(
    in archive: ZipArchive, file: String
  ) throws(CheckpointError) -> [NamedTensor] {
    let pickles = archive.entries.filter {
      $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl")
    }
    guard pickles.count == 1 else {
      throw .unreadable(
        file: file, reason: "it is a zip file with \(pickles.count) members data.pkl, not one")
    }
    let prefix = String(pickles[0].name.dropLast("data.pkl".count))
    let bytes = try converting(file) { () throws(ArchiveError) in
      try archive.bytes(of: pickles[0], limit: pickleLimit)
    }
    let isBigEndian = try converting(file) { () throws(ArchiveError) in
      guard let entry = archive["\(prefix)byteorder"] else { return false }
      return try archive.bytes(of: entry, limit: 16) == Data("big".utf8)
    }
    var machine = PickleMachine(bytes, file: file)
    let root = try machine.run()
    var loaded: [String: Storage] = [:]
    let state = StateDictionary(machine.heap, file: file)
    return try state.tensors(of: root) { (pickled: PickledStorage) throws(CheckpointError) in
      if let storage = loaded[pickled.key] { return storage }
      guard let entry = archive["\(prefix)data/\(pickled.key)"] else {
        throw .unreadable(file: file, reason: "its storage data/\(pickled.key) is missing")
      }
      let storage = Storage(archive, entry, swapWidth: isBigEndian ? pickled.type.byteCount : 1)
      loaded[pickled.key] = storage
      return storage
    }
  }

  /// The tensors of the older layout: magic number, version, system, data, keys, then the storages in the keys' order.
  static func legacyTensors(
    in data: Data, file: String
  ) throws(CheckpointError) -> [NamedTensor] {
    var machine = PickleMachine(data, file: file)
    guard case .long(let magic) = try machine.run(),
      magic == [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19],
      case .integer(1001) = try machine.run()
    else {
      throw .unreadable(file: file, reason: "it is a pickle, but not one of PyTorch's checkpoints")
    }
    guard case .dictionary(let system) = try machine.run() else {
      throw .unreadable(file: file, reason: "it does not say what system wrote it")
    }
    let isBigEndian = machine.heap.dictionaries[system].contains { key, value in
      if case .text("little_endian") = key, case .bool(false) = value { return true }
      return false
    }
    let root = try machine.run()
    let keys = try keys(of: &machine, file: file)
    let types = Dictionary(machine.heap.storages.map { ($0.key, $0.type) }) { first, _ in first }
    let storages = try converting(file) { () throws(ArchiveError) in
      try legacyStorages(keys, types, from: &machine.reader, isBigEndian: isBigEndian, file: file)
    }
    let state = StateDictionary(machine.heap, file: file)
    return try state.tensors(of: root) { (pickled: PickledStorage) throws(CheckpointError) in
      guard let storage = storages[pickled.key] else {
        throw .unreadable(file: file, reason: "its storage \(pickled.key) is missing")
      }
      return storage
    }
  }

  private static func keys(
    of machine: inout PickleMachine, file: String
  ) throws(CheckpointError) -> [String] {
    guard case .list(let list) = try machine.run() else {
      throw .unreadable(file: file, reason: "it does not list its storages")
    }
    var keys: [String] = []
    for value in machine.heap.lists[list] {
      guard case .text(let key) = value else {
        throw .unreadable(file: file, reason: "it names a storage by no text")
      }
      keys.append(key)
    }
    return keys
  }

  private static func legacyStorages(
    _ keys: [String], _ types: [String: ElementType], from reader: inout ByteReader,
    isBigEndian: Bool, file: String
  ) throws(ArchiveError) -> [String: Storage] {
    var storages: [String: Storage] = [:]
    for key in keys {
      guard let type = types[key] else {
        throw .malformed(source: file, reason: "no tensor uses its storage \(key)")
      }
      let count = try reader.size64()
      guard count <= reader.remaining / type.byteCount else {
        throw .malformed(
          source: file,
          reason: "its storage \(key) claims \(count) elements, but the file ends before them")
      }
      let storage = Storage(
        try reader.bytes(count * type.byteCount), swapWidth: isBigEndian ? type.byteCount : 1)
      guard storages.updateValue(storage, forKey: key) == nil else {
        throw .malformed(source: file, reason: "its storage \(key) is listed twice")
      }
    }
    return storages
  }
}
