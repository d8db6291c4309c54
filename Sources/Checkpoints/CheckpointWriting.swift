public import Archives
import Foundation
import Tensors

extension Checkpoint {
  /// Writes a safetensors file, its names and metadata sorted, so that equal tensors give equal bytes.
  ///
  /// Elements are float32 or float16. The file is written whole or not at all.
  public func writeSafetensors(
    to path: String, as type: ElementType = .float32
  ) throws(CheckpointError) {
    let writer = SafetensorsWriter(
      names.map { ($0, shape(of: $0) ?? []) }, metadata: metadata, type: type)
    try write(to: path) { (sink: (Data) throws(ArchiveError) -> Void) throws(CheckpointError) in
      try writing { () throws(ArchiveError) in try sink(writer.header) }
      for name in writer.order {
        let bytes = writer.bytes(of: try tensor(name))
        try writing { () throws(ArchiveError) in try sink(bytes) }
      }
    }
  }

  /// Writes a PyTorch checkpoint in the zip layout, which `torch.load(…, weights_only=True)` reads.
  ///
  /// Elements are float32 or float16, names sorted; metadata have no place in it. The file is written whole or not at all.
  public func writeTorch(
    to path: String, as type: ElementType = .float32
  ) throws(CheckpointError) {
    let order = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let pickle = TorchPickle.stateDictionary(
      order.map { ($0, shape(of: $0) ?? []) }, type: type)
    try write(to: path) {
      (sink: @escaping (Data) throws(ArchiveError) -> Void) throws(CheckpointError) in
      var zip = ZipWriter(source: path, to: sink)
      try add("archive/data.pkl", pickle, to: &zip)
      try add("archive/byteorder", Data("little".utf8), to: &zip)
      for (index, name) in order.enumerated() {
        try add("archive/data/\(index)", elementBytes(of: try tensor(name), as: type), to: &zip)
      }
      try add("archive/version", Data("3\n".utf8), to: &zip)
      try writing { () throws(ArchiveError) in try zip.finish() }
    }
  }

  /// Writes a NumPy npz file of float32 arrays, whole or not at all.
  public func writeNPZ(to path: String) throws(CheckpointError) {
    try write(to: path) {
      (sink: @escaping (Data) throws(ArchiveError) -> Void) throws(CheckpointError) in
      var zip = ZipWriter(source: path, to: sink)
      for name in names {
        let tensor = try tensor(name)
        let array = StoredArray(shape: tensor.shape, floats: tensor.values)
        try add("\(name).npy", NPY.file(array), to: &zip)
      }
      try writing { () throws(ArchiveError) in try zip.finish() }
    }
  }

  private func add(
    _ name: String, _ bytes: Data, to zip: inout ZipWriter
  ) throws(CheckpointError) {
    do {
      try zip.add(name, bytes)
    } catch {
      throw .storage(message: error.description)
    }
  }

  /// Lets `body` write the pieces of an atomic file; an error about a tensor passes through it.
  private func write(
    to path: String,
    _ body: (@escaping (Data) throws(ArchiveError) -> Void) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var failure: CheckpointError?
    do throws(ArchiveError) {
      try AtomicFile.write(to: path) { (sink: FileSink) throws(ArchiveError) in
        do throws(CheckpointError) {
          try body { (bytes: Data) throws(ArchiveError) in try sink.write(bytes) }
        } catch {
          failure = error
          throw ArchiveError.malformed(source: path, reason: error.description)
        }
      }
    } catch {
      throw failure ?? .storage(message: error.description)
    }
  }
}

/// Runs a writing step and turns its failure into one of storage.
private func writing(_ body: () throws(ArchiveError) -> Void) throws(CheckpointError) {
  do {
    try body()
  } catch {
    throw .storage(message: error.description)
  }
}
