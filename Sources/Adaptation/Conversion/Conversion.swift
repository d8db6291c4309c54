public import Checkpoints
import Failures

/// One conversion of a checkpoint or an adapter into another program's names and layout.
public struct Conversion {
  /// What the output is to be.
  public enum Target: String, Sendable, CaseIterable {
    /// A whole checkpoint under the official names.
    case official
    /// A whole checkpoint under the names of Hugging Face's `SamModel`.
    case huggingface
    /// An adapter as SAMed keeps it.
    case samed
    /// An adapter as PEFT keeps it: a folder of two files.
    case peft
    /// An adapter of this program, or a whole checkpoint under the official names.
    case graft
  }

  /// What the output is to be.
  public var target: Target
  /// The weights an adapter belongs to.
  public var weights: Checkpoint?
  /// Whether the adapter is folded into the weights.
  public var merges: Bool
  /// How a SAMed adapter's slices become images, as JSON.
  public var preprocessing: String

  /// A conversion to a target.
  public init(target: Target, weights: Checkpoint?, merges: Bool, preprocessing: String) {
    self.target = target
    self.weights = weights
    self.merges = merges
    self.preprocessing = preprocessing
  }

  /// Converts a file into another and returns a sentence that says what was written.
  public func callAsFunction(_ input: Checkpoint, to output: String) throws -> String {
    guard Conversion.isAdapter(input) else { return try convertWeights(input, to: output) }
    if merges { return try merge(input, to: output) }
    switch target {
    case .official, .huggingface:
      throw ConversionError.needs(
        what: "--merge and --weights",
        reason:
          "\(input.source) is an adapter, and becomes a whole checkpoint only with its weights")
    case .samed:
      let file = try tensors(of: input).samed(weights: weights)
      try file.writeTorch(to: output)
      return "\(output): SAMed's adapter of \(file.names.count) tensors."
    case .peft:
      let export = try PEFTAdapter(
        tensors(of: input), weights: needed("PEFT's layout depends on the layers' shapes"))
      try export.write(to: output)
      return "\(output): PEFT's adapter of \(export.tensors.names.count) tensors."
    case .graft:
      let adapter = try graftAdapter(input)
      try adapter.write(to: output)
      return "\(output): an adapter of \(adapter.tensors.count) tensors."
    }
  }

  private static func isAdapter(_ file: Checkpoint) -> Bool {
    SAMedNames.recognises(file.names) || file.metadata["graft_adapter"] != nil
  }

  private func convertWeights(_ input: Checkpoint, to output: String) throws -> String {
    guard !merges, target != .samed, target != .peft else {
      throw ConversionError.notAnAdapter(
        file: input.source, reason: "it holds whole weights, and they have no corrections")
    }
    return try writeWeights(input, to: output)
  }

  private func merge(_ input: Checkpoint, to output: String) throws -> String {
    guard target != .samed, target != .peft else {
      throw ConversionError.needs(
        what: "--to official, huggingface or graft",
        reason: "with --merge a whole checkpoint is made, not an adapter")
    }
    let weights = try needed("the adapter is folded into them")
    return try writeWeights(try tensors(of: input).merged(into: weights), to: output)
  }

  private func writeWeights(_ weights: Checkpoint, to output: String) throws -> String {
    var file =
      target == .huggingface
      ? try weights.withHuggingFaceNames() : try weights.withOfficialNames()
    if target == .huggingface {
      // Transformers refuses a safetensors file that does not say what framework wrote it.
      let metadata = file.metadata.merging(["format": "pt"]) { _, new in new }
      file = try file.renamed(metadata: metadata) { $0 }
    }
    switch output.split(separator: ".").last.map(String.init) {
    case "safetensors": try file.writeSafetensors(to: output)
    case "pth", "pt": try file.writeTorch(to: output)
    default:
      throw ConversionError.needs(
        what: "an output that ends in .pth, .pt or .safetensors", reason: "\(output) does not")
    }
    return "\(output): weights of \(file.names.count) tensors."
  }

  /// The adapter's tensors with their scale; weights it was not trained on are refused where it says which they are.
  private func tensors(of input: Checkpoint) throws -> AdapterTensors {
    if SAMedNames.recognises(input.names) { return try AdapterTensors(input, scale: 1) }
    let adapter = try Adapter(input)
    if let weights, weights.sha256 != adapter.baseSHA256 {
      throw AdaptationError.foreignBase(
        adapter: input.source, expected: adapter.baseSHA256, weights: weights.source,
        found: weights.sha256)
    }
    return try AdapterTensors(input, scale: Float(adapter.plan.scale))
  }

  private func graftAdapter(_ input: Checkpoint) throws -> Adapter {
    guard SAMedNames.recognises(input.names) else { return try Adapter(input) }
    let base = try needed("SAMed's file does not say what weights it was trained on")
    return try Adapter(samed: input, base: base, preprocessing: preprocessing)
  }

  private func needed(_ reason: String) throws -> Checkpoint {
    guard let weights else { throw ConversionError.needs(what: "--weights", reason: reason) }
    return weights
  }
}
