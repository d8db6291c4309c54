public import Checkpoints
import SegmentAnything
import Tensors

extension Adapter {
  /// An adapter of SAMed's file, which says nothing of the weights it was trained on: `base` are those.
  ///
  /// `preprocessing` is how a slice becomes an image, as JSON; classes are called by their number.
  public init(samed file: Checkpoint, base: Checkpoint, preprocessing: String) throws {
    let base = try base.withOfficialNames()
    guard let rank = file.shape(of: "w_a_000")?.first,
      let tokens = file.shape(of: "mask_decoder.mask_tokens.weight")?.first, tokens > 1
    else {
      throw ConversionError.notAnAdapter(
        file: file.source, reason: "it lacks w_a_000 or mask_decoder.mask_tokens.weight")
    }
    let plan = Plan(
      method: .samed, rank: rank, scale: 1,
      classHeads: ClassHeads(classes: tokens - 1, start: .fresh))
    let model = try AdaptedModel(base: base, plan: plan, using: Random(seed: 0))
    // The file must hold all that the plan changes, so that nothing random stays.
    let given = Set(file.names.map { SAMedNames.adapter($0) })
    if let missing = model.changes.first(where: { !given.contains($0.0) }) {
      throw AdaptationError.incomplete(adapter: file.source, key: missing.0)
    }
    try model.fill(from: file)
    self.init(
      of: model, preprocessing: preprocessing,
      labels: (1..<tokens).map { Label(name: "class \($0)", value: $0) })
  }
}
