import Archives
import Foundation

typealias NamedTensor = (name: String, tensor: StoredTensor)

/// Finds the format of a checkpoint by its content.
enum CheckpointFile {
  static func tensors(
    in data: Data, file: String
  ) throws(CheckpointError) -> ([NamedTensor], [String: String]) {
    let tensors: [NamedTensor]
    var metadata: [String: String] = [:]
    if ZipArchive.recognises(data) {
      let archive = try converting(file) { () throws(ArchiveError) in
        try ZipArchive(data, source: file)
      }
      tensors = try zipped(archive, data: data, file: file)
    } else if data.first == 0x80, !Safetensors.hasHeader(data) {
      tensors = try TorchFile.legacyTensors(in: data, file: file)
    } else if Safetensors.recognises(data) {
      (tensors, metadata) = try Safetensors.tensors(in: data, file: file)
    } else {
      throw .unreadable(
        file: file, reason: "it is neither a PyTorch checkpoint nor a safetensors or npz file")
    }
    guard !tensors.isEmpty else { throw .unreadable(file: file, reason: "it holds no tensors") }
    return (tensors, metadata)
  }

  private static func zipped(
    _ archive: ZipArchive, data: Data, file: String
  ) throws(CheckpointError) -> [NamedTensor] {
    let isNumPy =
      !archive.entries.isEmpty && archive.entries.allSatisfy { $0.name.hasSuffix(".npy") }
    guard isNumPy else { return try TorchFile.tensors(in: archive, file: file) }
    return try converting(file) { () throws(ArchiveError) in
      let arrays = try NPZ(data, source: file)
      var tensors: [NamedTensor] = []
      for name in arrays.names {
        let array = try arrays.array(name)
        guard
          let tensor = StoredTensor(
            dense: array.shape, type: array.type, storage: Storage(array.bytes))
        else { throw .malformed(source: file, reason: "the array \(name) has an impossible shape") }
        tensors.append((name, tensor))
      }
      return tensors
    }
  }
}
