public import Checkpoints
import Layers
public import SegmentAnything
public import Tensors

/// A model to which a plan was applied: class heads made, corrections plugged in, and what learns decided.
public final class AdaptedModel {
  /// The model.
  public let model: Sam
  /// The learned prompts [classes, n, C] or [1, n, C] of the mask decoder, where the plan has them.
  private(set) var decoderTokens: Parameter?
  /// The plan.
  public let plan: Plan
  /// The SHA-256 of the base weights.
  public let baseSHA256: String
  /// What the base weights were read from.
  let source: String
  /// The parameters that differ from the base weights though they do not learn.
  private var replaced: Set<String>

  /// Builds the model of the base weights and applies a plan to it.
  ///
  /// Everything random has its own sequence, split off `random` by its name.
  public init(
    base: Checkpoint, plan: Plan, decoderHeads: Int? = nil, using random: Random
  ) throws {
    baseSHA256 = base.sha256
    source = base.source
    self.plan = plan
    let checkpoint = try plan.classHeads?.applied(to: base, using: random.split("heads")) ?? base
    model = try Sam(checkpoint, decoderHeads: decoderHeads)
    let blocks = model.imageEncoder.blocks.count
    if let last = plan.lastBlocks, last > blocks {
      throw AdaptationError.tooManyBlocks(asked: last, found: blocks, file: base.source)
    }
    let inventory = model.inventory
    replaced =
      plan.classHeads.map { $0.start == .keep } ?? true
      ? [] : Set(inventory.parameters.names.filter(ClassHeads.replaces))
    let sites = plan.sites(in: inventory)
    guard !plan.method.isCorrection || !sites.isEmpty else {
      throw AdaptationError.matchesNothing(method: plan.method.rawValue, file: base.source)
    }
    for parameter in inventory.parameters where plan.trains(parameter.name) {
      parameter.learns = !parameter.isConstant
    }
    for site in sites {
      let correction = try plan.correction(
        at: site, of: inventory, file: base.source, using: random.split("corrections"))
      for parameter in [correction.a, correction.b] {
        parameter.learns = true
        inventory.add(parameter)
      }
      site.slot.corrections.append(correction)
    }
    if let prompts = plan.promptTokens { plug(prompts, using: random.split("prompts")) }
    guard !learning.isEmpty else {
      throw AdaptationError.trainsNothing(method: plan.method.rawValue)
    }
  }

  /// Makes the learned tokens of a plan.
  private func plug(_ prompts: PromptTokens, using random: Random) {
    let inventory = model.inventory
    if plan.method.promptsDecoder(hasHeads: plan.classHeads != nil) {
      decoderTokens = prompts.tokens(for: inventory, using: random)
    }
    var made = decoderTokens.map { [$0] } ?? []
    for slot in plan.method.tokenSlots(of: inventory) {
      let patch = model.configuration.patch
      let tokens = prompts.tokens(for: slot, patch: patch, using: random)
      slot.tokens = tokens
      made.append(tokens)
    }
    for parameter in made {
      parameter.learns = true
      inventory.add(parameter)
    }
  }

  /// What the adapted model has that the base weights have not: what learns, and heads that were replaced.
  ///
  /// Corrections are plain ones: of twice the plan's rank where they started from the weights.
  public var changes: [(String, Tensor)] {
    var plain: [String: Tensor] = [:]
    for correction in correctionsWithOrigin {
      (plain[correction.a.name], plain[correction.b.name]) = correction.plain
    }
    return model.inventory.parameters.filter { $0.learns || replaced.contains($0.name) }
      .map { ($0.name, plain[$0.name] ?? $0.value) }
  }

  /// The corrections that started from the weights.
  private var correctionsWithOrigin: [LowRank] {
    guard plan.initialisation == .pissa else { return [] }
    return model.inventory.slots.flatMap(\.corrections).compactMap { $0 as? LowRank }
  }

  /// Replaces parameters by a file's tensors of the same name; every tensor must match a parameter and its shape.
  ///
  /// SAMed's numbered `w_a_000`, `w_b_000` are understood as the corrections of the encoder's queries and values.
  ///
  /// Corrections that started from the weights take none.
  public func fill(from file: Checkpoint) throws {
    let started = Set(correctionsWithOrigin.flatMap { [$0.a.name, $0.b.name] })
    if let key = file.names.first(where: { started.contains(SAMedNames.adapter($0)) }) {
      throw AdaptationError.started(key: key, file: file.source)
    }
    replaced.formUnion(try inventory.parameters.fill(from: file, named: SAMedNames.adapter))
  }

  /// Makes sure that no random head stays as it is: frozen fresh heads must have been filled.
  ///
  /// The head that predicts the IoU counts for no class and may stay.
  public func checkHeads(filledBy files: [Checkpoint]) throws {
    guard plan.heads == .frozen, plan.classHeads?.start == .fresh else { return }
    let given = Set(files.flatMap(\.names))
    let missing = model.inventory.parameters.names.first {
      ClassHeads.replaces($0) && !$0.hasPrefix("mask_decoder.iou_prediction_head.")
        && !$0.contains(".lora_") && !given.contains($0)
    }
    if let missing { throw AdaptationError.unfilled(key: missing) }
  }
}
