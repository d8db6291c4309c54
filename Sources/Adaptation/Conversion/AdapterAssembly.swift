public import Checkpoints
import Layers
import SegmentAnything
import Tensors

extension Adapter {
  /// An adapter of another program's tensors, which say nothing of the weights they were trained on: `base` are those.
  ///
  /// The plan follows from what they correct and replace; it must have a place for all of that, and no random head may
  /// stay. `preprocessing` is how a slice becomes an image, as JSON; classes are called by their number.
  public init(
    _ tensors: AdapterTensors, base: Checkpoint, preprocessing: String,
    promptedPreprocessing: String
  ) throws {
    let base = try base.withOfficialNames()
    let plan = try Plan(of: tensors)
    let model = try AdaptedModel(base: base, plan: plan, using: Random(seed: 0))
    let file = try tensors.file(rank: plan.rank)
    let places = Set(model.model.inventory.parameters.names)
    if let odd = file.names.first(where: { !places.contains($0) }) {
      throw ConversionError.noPlan(key: odd, file: tensors.source, plan: plan.method.rawValue)
    }
    // A correction that lacks changes nothing, and what else lacks is the weights'; only new heads have no such value.
    let missing = model.changes.first {
      !file.contains($0.0) && plan.classHeads != nil && ClassHeads.replaces($0.0)
    }
    if let missing {
      throw AdaptationError.incomplete(adapter: tensors.source, key: missing.0)
    }
    try model.fill(from: file)
    self.init(
      of: model, preprocessing: plan.classHeads == nil ? promptedPreprocessing : preprocessing,
      labels: plan.classHeads.map { heads in
        (1...heads.classes).map { Label(name: "class \($0)", value: $0) }
      } ?? [Label(name: "object", value: 1)])
  }
}

extension Plan {
  /// The plan whose corrections and replacements an adapter's tensors look like.
  init(of adapter: AdapterTensors) throws {
    let paths = adapter.corrections.map(\.path)
    let replaced = Set(adapter.replacements.map(\.0))
    let inDecoder = paths.filter { !$0.hasPrefix("image_encoder.") }
    let hasWholeDecoder = replaced.contains("mask_decoder.iou_token.weight")
    let method: Method =
      switch (inDecoder.count < paths.count, inDecoder.isEmpty) {
      case (true, true): hasWholeDecoder ? .samed : .encoderLora
      case (true, false): .samedSmall
      case (false, true): .decoderFull
      case (false, false): .decoderLora
      }
    let tokens = adapter.replacements.first { $0.0 == "mask_decoder.mask_tokens.weight" }?.1.shape[
      0]
    let changesHeads = replaced.contains { ClassHeads.replaces($0) }
    let rank = adapter.corrections.map { $0.a.shape[0] }.max() ?? 1
    guard tokens ?? 2 > 1, tokens ?? 2 <= 256 else {
      throw ConversionError.notAnAdapter(
        file: adapter.source, reason: "mask_decoder.mask_tokens.weight has \(tokens ?? 0) rows")
    }
    self.init(
      method: method,
      heads: changesHeads || method == .samed || method == .decoderFull ? .trained : .frozen,
      rank: rank, scale: Double(adapter.scale),
      targets: Target.shortest(Set(inDecoder.compactMap(Target.init(path:)))),
      encoderTargets: Target.shortest(
        Set(paths.filter { $0.hasPrefix(Plan.encoder) }.compactMap(Target.init(path:)))),
      classHeads: tokens.map { ClassHeads(classes: $0 - 1, start: .fresh) })
  }
}

extension AdapterTensors {
  /// The tensors under this project's names, for a plan of a rank.
  func file(rank: Int) throws -> Checkpoint {
    var tensors: [(String, Tensor)] = []
    for correction in corrections {
      let (a, b) = correction.fitted(to: rank)
      tensors.append(("\(correction.path).lora_A", a))
      tensors.append(("\(correction.path).lora_B", b))
    }
    return Checkpoint(tensors + replacements, source: source)
  }
}

extension AdapterTensors.Correction {
  /// The same product of the rank a plan's correction has here: no more than rows or columns of the map.
  ///
  /// Rows of A and columns of B that lack are zeros; where there are too many, the product itself takes the place of one
  /// matrix and the other becomes the identity.
  func fitted(to rank: Int) -> (a: Tensor, b: Tensor) {
    let (rows, columns) = (b.shape[0], a.shape[1])
    let rank = min(rank, rows, columns)
    let missing = rank - a.shape[0]
    if missing < 0 {
      let product = b.times(a)
      return rows <= columns ? (product, .identity(rows)) : (.identity(columns), product)
    }
    guard missing > 0 else { return (a, b) }
    return (
      Tensor.concatenated([a, Tensor(zeros: [missing, columns])], axis: 0),
      Tensor.concatenated([b, Tensor(zeros: [rows, missing])], axis: 1)
    )
  }

  /// The same product without the rows of A and columns of B of which one is zero; at least one stays.
  var compacted: Self {
    let rank = a.shape[0]
    let used = (0..<rank).filter { index in
      (0..<a.shape[1]).contains { a[flat: index * a.shape[1] + $0] != 0 }
        && (0..<b.shape[0]).contains { b[flat: $0 * rank + index] != 0 }
    }
    guard used.count < rank else { return self }
    let kept = used.isEmpty ? [0] : used
    return Self(
      path: path, a: Tensor.concatenated(kept.map { a.sliced(axis: 0, $0..<$0 + 1) }, axis: 0),
      b: Tensor.concatenated(kept.map { b.sliced(axis: 1, $0..<$0 + 1) }, axis: 1))
  }
}

extension Tensor {
  fileprivate static func identity(_ count: Int) -> Tensor {
    Tensor([count, count], (0..<count * count).map { $0 % (count + 1) == 0 ? 1 : 0 })
  }
}
