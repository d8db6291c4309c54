public import Checkpoints
public import Layers
import Tensors

extension ParameterList {
  /// Replaces parameters by a file's tensors, each of which must match one by its name, after `rename`, and by its shape.
  ///
  /// - Returns: the names of those that have other values than before.
  public func fill(
    from file: Checkpoint, named rename: (String) -> String = { $0 }
  ) throws -> Set<String> {
    var replaced: Set<String> = []
    for name in file.names {
      let path = rename(name)
      guard let parameter = self[path] else {
        throw AdaptationError.unmatched(
          key: name, file: file.source, learned: learning.first?.name ?? "")
      }
      let value = try file.tensor(name)
      guard value.shape == parameter.shape else {
        throw CheckpointError.shape(
          key: name, expected: parameter.shape, found: value.shape, file: file.source)
      }
      guard value.isFinite else {
        throw CheckpointError.notFinite(key: name, file: file.source)
      }
      guard value != parameter.value else { continue }
      parameter.value = value
      replaced.insert(path)
    }
    return replaced
  }
}
