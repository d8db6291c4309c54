public import Checkpoints
import Tensors

extension AdapterTensors {
  /// The adapter as SAMed keeps it: `w_a_NNN`, `w_b_NNN`, then the whole prompt encoder and mask decoder.
  ///
  /// SAMed knows no scale, so it goes into B. What the adapter does not change comes from the weights.
  public func samed(weights: Checkpoint?) throws -> Checkpoint {
    var tensors: [(String, Tensor)] = []
    for correction in corrections {
      tensors.append(("\(correction.path).lora_A", correction.a))
      tensors.append(("\(correction.path).lora_B", correction.b.scaled(by: scale)))
    }
    let adapted = try Checkpoint(tensors, source: source).withSAMedNames()
    var rest = replacements.filter { AdapterTensors.isPromptOrDecoder($0.0) }
    if rest.count < replacements.count {
      throw ConversionError.notAnAdapter(
        file: source,
        reason: "it changes tensors of the image encoder, for which SAMed has no place")
    }
    let given = Set(rest.map(\.0))
    if let weights = try weights?.withOfficialNames() {
      let heads = rest.first { $0.0 == "mask_decoder.mask_tokens.weight" }?.1.shape[0]
      for name in weights.names
      where AdapterTensors.isPromptOrDecoder(name) && !given.contains(name)
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
    return adapted.replacing(rest)
  }

  /// The one tensor of the prompt encoder that never learns.
  static let positionMatrix = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"

  private static func isPromptOrDecoder(_ name: String) -> Bool {
    name.hasPrefix("prompt_encoder.") || name.hasPrefix("mask_decoder.")
  }
}
