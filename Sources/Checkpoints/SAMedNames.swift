/// The names of LoRA matrices in SAMed's checkpoints and here.
///
/// SAMed counts through the encoder's blocks: block `I` has q's matrices in number `2 I` and v's in `2 I + 1`,
/// as `w_a_NNN` [r, in] and `w_b_NNN` [out, r].
public enum SAMedNames {
  /// Our name for one of SAMed's, which is the same for tensors other than LoRA matrices.
  public static func adapter(_ name: String) -> String {
    guard name.hasPrefix("w_a_") || name.hasPrefix("w_b_"), let number = Int(name.dropFirst(4)),
      number >= 0
    else { return name }
    let side = name.hasPrefix("w_a_") ? "lora_A" : "lora_B"
    return "image_encoder.blocks.\(number / 2).attn.qkv.\(number % 2 == 0 ? "q" : "v").\(side)"
  }

  /// SAMed's name for one of ours, or nil where SAMed has no such LoRA matrix.
  public static func samed(_ name: String) -> String? {
    let isA = name.hasSuffix(".lora_A")
    guard isA || name.hasSuffix(".lora_B") else { return name }
    let parts = name.split(separator: ".")
    guard parts.count == 7, parts[0] == "image_encoder", parts[1] == "blocks",
      let block = Int(parts[2]), parts[3] == "attn", parts[4] == "qkv",
      parts[5] == "q" || parts[5] == "v"
    else { return nil }
    let number = String(2 * block + (parts[5] == "q" ? 0 : 1))
    let digits = String(repeating: "0", count: max(0, 3 - number.count)) + number
    return "\(isA ? "w_a" : "w_b")_\(digits)"
  }

  /// Whether names are those of a SAMed checkpoint.
  public static func recognises(_ names: [String]) -> Bool {
    names.contains { $0.hasPrefix("w_a_") }
  }
}
