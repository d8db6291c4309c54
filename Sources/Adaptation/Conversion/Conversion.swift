public import Checkpoints
import Failures
import SegmentAnything

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

  /// What was done.
  public struct Outcome {
    /// A sentence that says what was written.
    public let written: String
    /// What the corrections lost, where their rank was reduced.
    public let reduction: RankReduction?
  }

  /// What the output is to be; an adapter becomes one of its own kind where nothing is said.
  public var target: Target?
  /// The weights an adapter belongs to.
  public var weights: Checkpoint?
  /// Whether the adapter is folded into the weights.
  public var merges: Bool
  /// The rank an adapter's corrections are reduced to; they stay as they are where nothing is said.
  public var rank: Int?
  /// How slices become images for another program's adapter that has classes, as JSON.
  public var preprocessing: String
  /// The same for one that answers prompts.
  public var promptedPreprocessing: String

  /// A conversion to a target.
  public init(
    target: Target?, weights: Checkpoint?, merges: Bool, rank: Int? = nil, preprocessing: String,
    promptedPreprocessing: String
  ) {
    self.target = target
    self.weights = weights
    self.merges = merges
    self.rank = rank
    self.preprocessing = preprocessing
    self.promptedPreprocessing = promptedPreprocessing
  }

  /// Converts a file into another.
  public func callAsFunction(_ input: Checkpoint, to output: String) throws -> Outcome {
    guard Conversion.isAdapter(input) else {
      return Outcome(written: try convertWeights(input, to: output), reduction: nil)
    }
    guard let rank else {
      return Outcome(written: try convert(input, reduced: nil, to: output), reduction: nil)
    }
    let (adapter, reduction) = try tensors(of: input).reduced(to: rank)
    return Outcome(
      written: try convert(input, reduced: adapter, to: output), reduction: reduction)
  }

  /// Converts an adapter, whose tensors `reduced` stands in for, and returns a sentence that says what was written.
  private func convert(
    _ input: Checkpoint, reduced: AdapterTensors?, to output: String
  ) throws -> String {
    let target = target ?? (merges ? .official : Conversion.kind(of: input))
    if merges {
      return try merge(
        try reduced ?? tensors(of: input), to: output, target)
    }
    switch target {
    case .official, .huggingface:
      throw ConversionError.needs(
        what: "--merge and --weights",
        reason:
          "\(input.source) is an adapter, and becomes a whole checkpoint only with its weights")
    case .samed:
      let file = try (reduced ?? tensors(of: input)).samed(weights: weights)
      try file.writeTorch(to: output)
      let name = file.contains("sa_a_000") ? "SAMed_s" : "SAMed"
      return "\(output): an adapter of \(name) of \(file.names.count) tensors."
    case .peft:
      let export = try PEFTAdapter(
        reduced ?? tensors(of: input),
        weights: needed("PEFT's layout depends on the layers' shapes"),
        metadata: Conversion.isOurs(input) ? metadata(of: input) : [:])
      try export.write(to: output)
      return export.summary(output)
    case .graft:
      let adapter = try graftAdapter(input, reduced)
      try adapter.write(to: output)
      return "\(output): an adapter of \(adapter.tensors.count) tensors."
    }
  }

  /// What an adapter is by its names.
  private static func kind(of input: Checkpoint) -> Target {
    if PEFTConfiguration.recognises(input.names) { return .peft }
    return isOurs(input) ? .graft : .samed
  }

  /// The metadata of this program's adapter, with the rank it gets.
  private func metadata(of input: Checkpoint) throws -> [String: String] {
    guard let rank else { return input.metadata }
    var adapter = try Adapter(input)
    adapter.plan.rank = rank
    return input.metadata.merging(try adapter.metadata) { $1 }
  }

  private static func isAdapter(_ file: Checkpoint) -> Bool {
    SAMedNames.recognises(file.names) || PEFTConfiguration.recognises(file.names) || isOurs(file)
  }

  /// Whether a file is this program's adapter, or was made of one with what it says kept.
  private static func isOurs(_ file: Checkpoint) -> Bool { file.metadata["graft_adapter"] != nil }

  private func convertWeights(_ input: Checkpoint, to output: String) throws -> String {
    guard !merges, rank == nil, target != .samed, target != .peft else {
      throw ConversionError.notAnAdapter(
        file: input.source, reason: "it holds whole weights, and they have no corrections")
    }
    return try writeWeights(input, to: output)
  }

  private func merge(
    _ adapter: AdapterTensors, to output: String, _ target: Target
  ) throws -> String {
    guard target != .samed, target != .peft else {
      throw ConversionError.needs(
        what: "--to official, huggingface or graft",
        reason: "with --merge a whole checkpoint is made, not an adapter")
    }
    let weights = try needed("the adapter is folded into them")
    return try writeWeights(try adapter.merged(into: weights), to: output)
  }

  /// Writes whole weights that a model takes, every tensor of them.
  private func writeWeights(_ weights: Checkpoint, to output: String) throws -> String {
    let official = try weights.withOfficialNames()
    _ = try Sam(official)
    var file = target == .huggingface ? try official.withHuggingFaceNames() : official
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
    var scale: Float = 1
    if Conversion.isOurs(input) {
      let adapter = try Adapter(input)
      guard adapter.plan.method.adaptsModel else {
        throw AdaptationError.otherNetwork(
          adapter: input.source, method: adapter.plan.method.rawValue)
      }
      if let weights { try adapter.check(weights, name: input.source) }
      scale = Float(adapter.plan.scale)
    }
    if PEFTConfiguration.recognises(input.names) {
      return try AdapterTensors(peft: input, base: weights)
    }
    if SAMedNames.recognises(input.names) { try checkPairs(of: input) }
    return try AdapterTensors(input, scale: scale)
  }

  /// SAMed's pairs are numbered, not named: fewer or more than the encoder has blocks cannot be placed truthfully.
  private func checkPairs(of input: Checkpoint) throws {
    guard let weights = try weights?.withOfficialNames() else { return }
    let suffix = ".attn.qkv.weight"
    let blocks = weights.names.count {
      $0.hasPrefix("image_encoder.blocks.") && $0.hasSuffix(suffix)
    }
    let pairs = input.names.count { $0.hasPrefix("w_a_") }
    guard pairs == 2 * blocks else {
      throw ConversionError.notAnAdapter(
        file: input.source,
        reason:
          "it has \(pairs) matrices w_a_000 and on, but \(weights.source) has \(blocks) blocks, "
          + "of which queries and values take \(2 * blocks); which blocks they are for is not said")
    }
  }

  private func graftAdapter(_ input: Checkpoint, _ reduced: AdapterTensors?) throws -> Adapter {
    let isPEFT = PEFTConfiguration.recognises(input.names)
    if Conversion.isOurs(input) {
      let adapter = try Adapter(input)
      guard isPEFT || reduced != nil else { return adapter }
      let file = try (reduced ?? tensors(of: input)).file(rank: rank ?? adapter.plan.rank)
      if let odd = file.names.first(where: { $0.hasPrefix("prompt_encoder.point_embeddings.") }),
        adapter.plan.method == .decoderLora, !odd.contains(".lora_")
      {
        throw ConversionError.noPlan(
          key: odd, file: input.source, plan: adapter.plan.method.rawValue)
      }
      return try Adapter(file.renamed(metadata: metadata(of: input)) { $0 })
    }
    let base = try needed("\(input.source) does not say what weights it was trained on")
    return try Adapter(
      reduced ?? tensors(of: input), base: base, preprocessing: preprocessing,
      promptedPreprocessing: promptedPreprocessing)
  }

  private func needed(_ reason: String) throws -> Checkpoint {
    guard let weights else { throw ConversionError.needs(what: "--weights", reason: reason) }
    return weights
  }
}
