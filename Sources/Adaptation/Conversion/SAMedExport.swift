public import Checkpoints
import Tensors

extension AdapterTensors {
  /// The adapter as SAMed keeps it: `w_a_NNN`, `w_b_NNN`, then the whole prompt encoder and mask decoder.
  ///
  /// With corrections of the decoder's transformer it is SAMed_s's, which leaves that transformer out. Neither knows a
  /// scale, so it goes into B. What the adapter does not change comes from the weights; both want a pair for the queries
  /// and values of every block, so that pairs the adapter lacks become zeros.
  public func samed(weights: Checkpoint?) throws -> Checkpoint {
    var tensors: [(String, Tensor)] = []
    for correction in corrections {
      for (side, matrix) in [("A", correction.a), ("B", correction.b.scaled(by: scale))] {
        guard let name = SAMedNames.samed("\(correction.path).lora_\(side)") else {
          throw ConversionError.targetLacks(
            target: "SAMed", key: correction.path, file: source,
            reason: "it corrects the queries and values of attentions only")
        }
        tensors.append((name, matrix))
      }
    }
    let isSmall = corrections.contains { $0.path.hasPrefix(AdapterTensors.transformer) }
    if let odd = replacements.first(where: { !AdapterTensors.isKept($0.0, isSmall: isSmall) }) {
      throw ConversionError.targetLacks(
        target: isSmall ? "SAMed_s" : "SAMed", key: odd.0, file: source,
        reason: "of what is not corrected it keeps the prompt encoder and the mask decoder"
          + (isSmall ? " without its transformer" : ""))
    }
    var rest = replacements
    let given = Set(rest.map(\.0))
    if let weights = try weights?.withOfficialNames() {
      tensors += try missingPairs(of: weights, given: Set(tensors.map(\.0)))
      let heads = rest.first { $0.0 == "mask_decoder.mask_tokens.weight" }?.1.shape[0]
      for name in weights.names
      where AdapterTensors.isKept(name, isSmall: isSmall) && !given.contains(name)
        && !AdapterTensors.isBeyond(heads, name)
      {
        rest.append((name, try weights.tensor(name)))
      }
    } else if !given.contains(AdapterTensors.positionMatrix) {
      throw ConversionError.needs(
        what: "--weights",
        reason: "SAMed's file holds the whole prompt encoder and mask decoder, "
          + "of which the adapter has only what it changed")
    }
    return Checkpoint(tensors, source: source).replacing(rest)
  }

  /// Pairs of zeros for the blocks whose queries or values the adapter does not correct.
  private func missingPairs(
    of weights: Checkpoint, given: Set<String>
  ) throws -> [(String, Tensor)] {
    let rank = corrections.map { $0.a.shape[0] }.max() ?? 4
    var pairs: [(String, Tensor)] = []
    for name in weights.names where name.hasSuffix(".attn.qkv.weight") {
      guard let width = weights.shape(of: name)?.last else { continue }
      for part in ["q", "v"] {
        let path = "\(name.dropLast(".weight".count)).\(part)"
        guard let a = SAMedNames.samed("\(path).lora_A"),
          let b = SAMedNames.samed("\(path).lora_B"), !given.contains(a)
        else { continue }
        pairs.append((a, Tensor(zeros: [rank, width])))
        pairs.append((b, Tensor(zeros: [width, rank])))
      }
    }
    return pairs
  }

  /// The one tensor of the prompt encoder that never learns.
  static let positionMatrix = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"

  /// What the tensors of the mask decoder's transformer begin with.
  private static let transformer = "mask_decoder.transformer."

  /// Whether SAMed's file holds a tensor as it is.
  private static func isKept(_ name: String, isSmall: Bool) -> Bool {
    name.hasPrefix("prompt_encoder.")
      || name.hasPrefix("mask_decoder.") && !(isSmall && name.hasPrefix(transformer))
  }
}
