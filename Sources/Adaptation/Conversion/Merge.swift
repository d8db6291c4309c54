public import Checkpoints
import Tensors

extension AdapterTensors {
  /// The weights with the adapter folded in, under official names: `W + s · B · A`, and the replaced tensors.
  ///
  /// A convolution's weight [O, C, k, k] counts as [O, C·k·k], the four point embeddings as one matrix [4, C].
  public func merged(into weights: Checkpoint) throws -> Checkpoint {
    let base = try weights.withOfficialNames()
    var changed: [String: Tensor] = [:]
    for (name, tensor) in replacements {
      guard base.contains(name) || AdapterTensors.isClassHead(name) else {
        throw ConversionError.noPlace(key: name, file: source)
      }
      changed[name] = tensor
    }
    for correction in corrections {
      let product = correction.b.times(correction.a).scaled(by: scale)
      if correction.isPointEmbeddings {
        try addEmbeddings(product, correction, to: base, &changed)
      } else {
        let name = correction.weightName
        guard let weight = try changed[name] ?? (base.contains(name) ? base.tensor(name) : nil)
        else { throw ConversionError.noPlace(key: correction.path, file: source) }
        changed[name] = try added(product, correction, to: weight)
      }
    }
    let heads = changed["mask_decoder.mask_tokens.weight"]?.shape[0]
    let kept = try base.renamed { name in
      AdapterTensors.isBeyond(heads, name) ? nil : name
    }
    return kept.replacing(changed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }

  private func added(
    _ product: Tensor, _ correction: Correction, to weight: Tensor
  ) throws -> Tensor {
    let rows = weight.shape.first ?? 0
    let columns = rows == 0 ? 0 : weight.count / rows
    let height = correction.part == nil ? rows : rows / 3
    guard product.shape == [height, columns] else {
      throw ConversionError.shape(
        key: correction.path, expected: [height, columns], found: product.shape, file: source)
    }
    var sum = weight
    sum.withMutablePointer { sum in
      let start = (correction.part ?? 0) * height * columns
      for index in 0..<product.count { sum[start + index] += product[flat: index] }
    }
    return sum
  }

  private func addEmbeddings(
    _ product: Tensor, _ correction: Correction, to base: Checkpoint,
    _ changed: inout [String: Tensor]
  ) throws {
    for row in 0..<4 {
      let name = "\(correction.path).\(row).weight"
      guard let weight = try changed[name] ?? (base.contains(name) ? base.tensor(name) : nil) else {
        throw ConversionError.noPlace(key: correction.path, file: source)
      }
      guard product.shape == [4, weight.count] else {
        throw ConversionError.shape(
          key: correction.path, expected: [4, weight.count], found: product.shape, file: source)
      }
      let change = product.sliced(axis: 0, row..<row + 1).reshaped(weight.shape)
      changed[name] = weight.adding(change)
    }
  }

  /// Whether a tensor belongs to the heads that a task's classes replace.
  private static func isClassHead(_ name: String) -> Bool {
    name.hasPrefix("mask_decoder.output_hypernetworks_mlps.")
  }

  /// Whether a tensor is the head of a mask token that the adapter's `count` classes no longer have.
  static func isBeyond(_ count: Int?, _ name: String) -> Bool {
    guard let count, isClassHead(name), let head = Int(name.split(separator: ".")[2]) else {
      return false
    }
    return head >= count
  }
}
