import Layers
import Tensors

extension Plan {
  /// What fresh corrections hold.
  public enum Initialisation: String, Choice {
    /// A random A and a B of zeros: nothing.
    case kaiming
    /// The principal part of the matrix they correct, which is taken out of it.
    ///
    /// Meng et al., PiSSA: Principal Singular Values and Singular Vectors Adaptation (2024).
    case pissa
  }

  /// The plan by which a file's tensors are plugged in again: that of plain corrections.
  ///
  /// Corrections that started from the weights are plain ones of twice the rank once they are written.
  var plain: Plan {
    guard initialisation == .pissa else { return self }
    var plan = self
    plan.initialisation = nil
    plan.rank = 2 * rank
    return plan
  }

  /// The fresh correction at a site of a model; `file` stands for the weights in errors.
  func correction(
    at site: Site, of inventory: Inventory, file: String, using random: Random
  ) throws(AdaptationError) -> LowRank {
    guard initialisation == .pissa else {
      return LowRank(
        site.path, inputs: site.slot.inputs, outputs: site.outputs, rank: rank,
        scale: Float(scale), column: site.column, using: random)
    }
    let matrix = site.slot.matrix(in: inventory)
      .sliced(axis: 0, site.column..<site.column + site.outputs)
    let correction = LowRank(
      site.path, principalOf: matrix, rank: rank, scale: Float(scale), column: site.column)
    guard let correction else { throw .notDecomposed(key: site.path, file: file) }
    return correction
  }
}

extension Slot {
  /// The matrix [outputs, inputs] the slot corrects: its layer's weight, or the point embeddings one below the other.
  fileprivate func matrix(in inventory: Inventory) -> Tensor {
    let parameters = inventory.parameters
    if let weight = parameters["\(path).weight"] {
      return weight.value.reshaped([outputs, inputs])
    }
    let rows = (0..<outputs).compactMap { parameters["\(path).\($0).weight"]?.value }
    precondition(rows.count == outputs, "\(path) has \(rows.count) rows of \(outputs)")
    return Tensor.concatenated(rows, axis: 0)
  }
}
