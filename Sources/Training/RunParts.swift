import Adaptation
import Archives
import Autodiff
import Baselines
import Checkpoints
import Exemplars
import Foundation
import Inference
import Layers
import SegmentAnything
import Tensors
import Volumes

/// What a run consists of before its first step: the adapted model, the samples, and how they become batches.
final class RunParts {
  /// The network with the plan applied and `initial` filled in.
  let segmenter: any LearningSegmenter
  /// How slices become the model's images.
  let preparation: ImagePreparation
  /// The variants of the slices.
  let variants: SliceVariants
  /// The samples.
  let samples: [TrainingSample]
  /// Which samples each step takes.
  let order: BatchOrder
  /// What encodes the variants once; nil where everything depends on what learns.
  let fill: EmbeddingFill?
  /// The classes.
  let labels: [Adapter.Label]
  /// What a run must have in common with another to go on from its snapshot, the recipe excepted.
  let fingerprint: [String: String]
  /// What the run is made by.
  let recipe: Recipe
  private let random: Random

  /// Opens weights and pack of a recipe and makes the parts.
  init(_ recipe: Recipe, decoderHeads: Int?, store: EmbeddingStore? = nil) throws {
    self.recipe = recipe
    random = Random(seed: recipe.seed)
    let weights =
      recipe.method.needsWeights
      ? try Checkpoint(contentsOf: recipe.weights).withOfficialNames() : nil
    let pack = try Pack(recipe.pack)
    segmenter = try recipe.plan(classes: pack.labels.classes.count).segmenter(
      on: weights, imageSize: RunParts.sliceSide(of: pack, plane: recipe.plane),
      decoderHeads: decoderHeads, using: random.split("initialisation"))
    let files = try (recipe.initial ?? []).map { try Checkpoint(contentsOf: $0) }
    for file in files { try segmenter.fill(from: file) }
    try (segmenter as? AdaptedModel)?.checkHeads(filledBy: files)
    segmenter.compute(in: recipe.precision, forTraining: true)
    preparation = try RunParts.preparation(
      recipe, of: pack, imageSize: segmenter.imageSize, patch: segmenter.patch)
    // What a step keeps stays within half of the machine's memory.
    segmenter.limitMemory(
      toBytesPerImage: Int(ProcessInfo.processInfo.physicalMemory / 2) / recipe.batch,
      imageSize: preparation.size)
    let set = try TrainingSet(
      pack, preparation: preparation, emptyShare: recipe.slices.empty,
      prompted: recipe.prompts != .none, exemplars: recipe.exemplars, using: random)
    let variants = try SliceVariants(
      set.slices, side: segmenter.outputSide(imageSize: preparation.size),
      preparation: preparation, augment: recipe.augment,
      synthesis: SliceSynthesis(recipe, set.slices, size: preparation.size), seed: recipe.seed,
      areStored: segmenter.cut != nil)
    self.variants = variants
    samples = set.samples.filter { sample in
      guard let object = sample.object else { return true }
      return variants.unvaried(sample.slice).target.contains(object)
    }
    guard !samples.isEmpty else {
      throw TrainingError.noSamples(
        pack: recipe.pack, reason: "every object is smaller than a pixel of the logits")
    }
    order = try BatchOrder(
      count: samples.count, batch: recipe.batch, explicit: recipe.batches, using: random)
    fill = try RunParts.fill(recipe, segmenter, variants, store)
    labels = RunParts.labels(of: pack)
    fingerprint = [
      "weights": segmenter.baseSHA256, "pack": try pack.digest(),
      "initial": files.map(\.sha256).joined(separator: " "),
    ]
  }

  private static func fill(
    _ recipe: Recipe, _ segmenter: any LearningSegmenter, _ variants: SliceVariants,
    _ opened: EmbeddingStore?
  ) throws -> EmbeddingFill? {
    guard let cut = segmenter.cut else { return nil }
    let store =
      try opened
      ?? EmbeddingStore(
        folder: EmbeddingStore.folder(forPack: recipe.pack), format: recipe.store)
    return EmbeddingFill(
      store: store, ahead: EmbeddingReadAhead(store), segmenter: segmenter, cut: cut,
      variants: variants)
  }

  /// How a pack's slices become a model's images, of the model's own size where the recipe says nothing.
  static func preparation(
    _ recipe: Recipe, of pack: Pack?, imageSize: Int, patch: Int
  ) throws -> ImagePreparation {
    let window = pack.flatMap(window)
    let preparation = try recipe.preparation(window: window, imageSize: imageSize)
    guard preparation.size % patch == 0 else {
      throw RecipeError.value(
        file: recipe.weights, key: "image.size", found: "\(preparation.size)",
        expected: "this model needs a multiple of its patch, \(patch)")
    }
    return preparation
  }

  /// A pack's classes with the values of predictions.
  static func labels(of pack: Pack) -> [Adapter.Label] {
    pack.labels.classes.enumerated().map { index, entry in
      Adapter.Label(name: entry.name, value: Int(pack.labels.outputValue(of: index + 1)))
    }
  }

  /// The window all training cases of a pack have in common.
  static func window(of pack: Pack) -> ClosedRange<Float>? {
    let windows = pack.trainingCases.map(\.window)
    return Set(windows).count == 1 ? windows.first ?? nil : nil
  }

  /// The side of images for a network without a size of its own: that of the training cases' largest slice, up to the next
  /// multiple of 32, from 64 to 256.
  private static func sliceSide(of pack: Pack, plane: Volumes.Plane) -> Int {
    let sides = pack.trainingCases.map { entry in
      let slices = plane.slices(of: entry.geometry)
      return max(slices.height, slices.width)
    }
    return min(256, max(64, ((sides.max() ?? 0) + 31) / 32 * 32))
  }

  /// The variants of the slices that a store must hold.
  var storedNames: [SliceVariants.Name] {
    let made = recipe.synthesis?.count ?? 0
    return variants.slices.indices.flatMap { slice in
      (0..<plainCount + made).map { stored($0, ofSlice: slice) }
    }
  }

  /// The number of variants of a slice without synthesis.
  private var plainCount: Int { recipe.augment.kind == .none ? 1 : recipe.augment.variants }

  /// A stored variant of a slice: first those of the slice itself, then one of each new slice.
  private func stored(_ number: Int, ofSlice slice: Int) -> SliceVariants.Name {
    .init(
      slice: slice, number: number,
      synthesised: number < plainCount ? nil : number - plainCount)
  }

  /// The variant of a sample's slice that a visit sees.
  ///
  /// Stored variants are drawn; where the encoder learns, every visit has a variant of its own.
  private func name(of item: BatchOrder.Item) -> SliceVariants.Name {
    let slice = samples[item.sample].slice
    let count = plainCount + (recipe.synthesis?.count ?? 0)
    guard recipe.augment.kind != .none || count > 1 else { return .init(slice: slice, number: 0) }
    var random = random.split("variant", item.visit)
    let drawn = Int(random.next() % UInt64(count))
    guard fill == nil else { return stored(drawn, ofSlice: slice) }
    guard drawn < plainCount else {
      return .init(slice: slice, number: item.visit, synthesised: item.visit)
    }
    return .init(slice: slice, number: recipe.augment.kind == .none ? 0 : item.visit)
  }

  /// Begins to read what a step will take from the store.
  func readAhead(ofStep step: Int) throws {
    try fill?.readAhead(order.items(ofStep: step).map(name))
  }

  /// A step's images, with their prompts and targets; where `standIn` is given, it is the embedding of each.
  func images(ofStep step: Int, standIn: Tensor? = nil) throws -> [StepImage] {
    let items = order.items(ofStep: step)
    let names = items.map(name)
    let variants = variants.samples(names)
    guard recipe.prompts != .none else {
      return try zip(names, variants).map {
        StepImage(
          content: try standIn.map { .stored($0) } ?? content($0, $1), prompt: nil,
          target: $1.target)
      }
    }
    var common = random.split("prompts", step)
    let simulation = PromptSimulation(
      recipe.prompts, size: preparation.size, using: &common)
    return try items.indices.map { index in
      var own = random.split("prompt", items[index].visit)
      return try prompted(
        names[index], variants[index], items[index], simulation, &own, standIn: standIn)
    }
  }

  /// An image with the prompt for its object.
  ///
  /// A variant may have moved the object out of the image; the slice itself, which always has it, then takes its place.
  private func prompted(
    _ name: SliceVariants.Name, _ variant: SliceVariants.Sample, _ item: BatchOrder.Item,
    _ simulation: PromptSimulation, _ random: inout Random, standIn: Tensor?
  ) throws -> StepImage {
    let sample = samples[item.sample]
    func target(_ variant: SliceVariants.Sample) -> [UInt8] {
      variant.target.map { $0 == sample.object ? 1 : 0 }
    }
    func content(
      _ name: SliceVariants.Name, _ variant: SliceVariants.Sample
    ) throws -> SliceContent {
      try standIn.map { .stored($0) } ?? self.content(name, variant)
    }
    let own = target(variant)
    if let prompt = simulation.prompt(for: own, side: variants.side, using: &random) {
      return StepImage(content: try content(name, variant), prompt: prompt, target: own)
    }
    let plain = SliceVariants.Name(slice: sample.slice, number: 0)
    let unvaried = variants.unvaried(sample.slice)
    let whole = target(unvaried)
    let prompt = simulation.prompt(for: whole, side: variants.side, using: &random)
    return StepImage(content: try content(plain, unvaried), prompt: prompt, target: whole)
  }

  private func content(
    _ name: SliceVariants.Name, _ variant: SliceVariants.Sample
  ) throws -> SliceContent {
    if let fill { return .stored(try fill.embedding(name)) }
    return .image(variant.input ?? variants.input(name))
  }

  /// What was learned, as an adapter.
  func adapter() throws -> Adapter {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(preparation), as: UTF8.self)
    return Adapter(of: segmenter, preprocessing: text, labels: labels)
  }

  /// What learns, by name.
  var learned: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: segmenter.learning.map { ($0.name, $0.value) })
  }

  /// Puts what was learned before into the model; `path` is where it came from.
  func take(_ values: [String: Tensor], of path: String) throws(TrainingError) {
    for parameter in segmenter.learning {
      guard let value = values[parameter.name], value.shape == parameter.shape else {
        throw .foreignSnapshot(
          path, reason: "it has no \(parameter.name) of shape \(parameter.shape)")
      }
      parameter.value = value
    }
  }

  /// The snapshots of a run of a resolved recipe; paths count for nothing, what lies there does.
  static func snapshots(
    of recipe: Recipe, _ parts: RunParts, _ folder: RunFolder
  ) -> SnapshotFolder {
    var fingerprint = parts.fingerprint
    fingerprint["recipe"] = Digest.sha256(Data(((try? recipe.withoutPaths().yaml()) ?? "").utf8))
    return SnapshotFolder(
      path: folder.snapshots, fingerprint: fingerprint, keep: recipe.snapshot.keep)
  }
}
