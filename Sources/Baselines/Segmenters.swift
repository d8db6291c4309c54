public import Adaptation
public import Checkpoints
public import Tensors

extension Plan {
  /// The network of the plan: the adapted model of the base weights, a probe of its embedding, or one that needs no weights.
  ///
  /// `imageSize` is the side of its images for a network that has no weights to tell it. Everything random has its own
  /// sequence, split off `random` by its name.
  public func segmenter(
    on base: Checkpoint?, imageSize: Int, decoderHeads: Int? = nil, using random: Random
  ) throws -> any LearningSegmenter {
    guard method != .unet else {
      return try UNetSegmenter(plan: self, imageSize: imageSize, using: random)
    }
    guard let base else { throw AdaptationError.needsWeights(method: method.rawValue) }
    return method == .linearProbe
      ? try LinearProbe(base: base, plan: self, decoderHeads: decoderHeads, using: random)
      : try AdaptedModel(base: base, plan: self, decoderHeads: decoderHeads, using: random)
  }
}

extension Adapter {
  /// The trained network, frozen, on the base weights it was made for, which some need none of; `name` stands for the
  /// adapter in errors.
  public func segmenter(
    on base: Checkpoint?, imageSize: Int, decoderHeads: Int? = nil, name: String
  ) throws -> any LearningSegmenter {
    if let base, plan.method.needsWeights { try check(base, name: name) }
    guard plan.method.adaptsModel || plan.classHeads != nil else {
      throw AdaptationError.notAnAdapter(
        file: name, reason: "its plan has the method \(plan.method.rawValue) and no classes")
    }
    let segmenter = try plan.segmenter(
      on: base, imageSize: imageSize, decoderHeads: decoderHeads, using: Random(seed: 0))
    try fill(segmenter, name: name)
    return segmenter
  }
}
