/// The names of LoRA matrices in SAMed's checkpoints and here.
///
/// SAMed counts through the encoder's blocks: block `I` has q's matrices in number `2 I` and v's in `2 I + 1`,
/// as `w_a_NNN` [r, in] and `w_b_NNN` [out, r]. SAMed_s counts the layers of the decoder's transformer in the same way, for
/// each attention apart, and gives the last attention's matrices names of their own.
public enum SAMedNames {
  /// What SAMed_s calls the attentions of a layer of the decoder's transformer.
  private static let attentions = [
    ("sa", "self_attn"), ("cti", "cross_attn_token_to_image"),
    ("cit", "cross_attn_image_to_token"),
  ]
  private static let transformer = "mask_decoder.transformer."
  private static let lastAttention = "\(transformer)final_attn_token_to_image."
  private static let lastNames = ["fati_qa", "fati_qb", "fati_va", "fati_vb"]

  /// Our name for one of SAMed's, which is the same for tensors other than LoRA matrices.
  public static func adapter(_ name: String) -> String {
    if lastNames.contains(name), let side = name.last?.uppercased() {
      return "\(lastAttention)\(name.dropFirst(5).first ?? "q")_proj.lora_\(side)"
    }
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1] == "a" || parts[1] == "b", let number = Int(parts[2]),
      number >= 0
    else { return name }
    let side = "lora_\(parts[1].uppercased())"
    let part = number % 2 == 0 ? "q" : "v"
    if parts[0] == "w" { return "image_encoder.blocks.\(number / 2).attn.qkv.\(part).\(side)" }
    guard let attention = attentions.first(where: { $0.0 == parts[0] }) else { return name }
    return "\(transformer)layers.\(number / 2).\(attention.1).\(part)_proj.\(side)"
  }

  /// SAMed's name for one of ours, or nil where SAMed and SAMed_s have no such LoRA matrix.
  public static func samed(_ name: String) -> String? {
    guard name.hasSuffix(".lora_A") || name.hasSuffix(".lora_B") else { return name }
    let side = name.hasSuffix("A") ? "a" : "b"
    let parts = name.split(separator: ".").map(String.init)
    func counted(_ prefix: String, _ index: Int, _ part: String) -> String {
      let number = String(2 * index + (part == "q" ? 0 : 1))
      return "\(prefix)_\(side)_\(String(repeating: "0", count: max(0, 3 - number.count)))\(number)"
    }
    if parts.count == 7, parts[0...1] == ["image_encoder", "blocks"], let block = Int(parts[2]),
      parts[3...4] == ["attn", "qkv"], ["q", "v"].contains(parts[5])
    {
      return counted("w", block, parts[5])
    }
    guard name.hasPrefix(transformer), ["q_proj", "v_proj"].contains(parts[parts.count - 2]) else {
      return nil
    }
    let part = String(parts[parts.count - 2].prefix(1))
    if name.hasPrefix(lastAttention), parts.count == 5 { return "fati_\(part)\(side)" }
    guard parts.count == 7, parts[2] == "layers", let layer = Int(parts[3]),
      let attention = attentions.first(where: { $0.1 == parts[4] })
    else { return nil }
    return counted(attention.0, layer, part)
  }

  /// Whether names are those of a SAMed checkpoint.
  public static func recognises(_ names: [String]) -> Bool {
    names.contains { $0.hasPrefix("w_a_") }
  }
}
