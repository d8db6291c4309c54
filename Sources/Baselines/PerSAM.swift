public import Adaptation
import Autodiff
public import SegmentAnything
public import Tensors

/// Segment Anything, personalised with exemplars: PerSAM, and PerSAM-F, which trains two numbers.
///
/// What the encoder says of the object in the exemplar is looked for in an image: where the features are most alike is a
/// point in the object, and two rounds of prompting with the mask and its box refine what the decoder makes of it.
/// Nothing of the model changes. Zhang et al., Personalize Segment Anything Model with One Shot (2023).
///
/// Several classes, several exemplars of a class, and objects that are absent are not the paper's; here each class is
/// found by itself and the highest logit wins over a background of 0, the features of a class's exemplars count
/// together, and a class whose likeness to an image stays below a threshold, where there is one, is not looked for.
public final class PerSAM: Segmenter {
  /// Which of the paper's two.
  public enum Variant: Sendable {
    /// Nothing is trained: the decoder is guided by the likeness, and its mask for an unambiguous prompt is refined.
    case free
    /// PerSAM-F: the masks of three scales are refined, weighed as it suits the exemplars best.
    case tuned
  }

  /// A slice with an object of a class.
  public struct Reference: Sendable {
    /// The prepared image [3, S, S].
    public let image: Tensor
    /// The object at the side of the decoder's logits: 1 in it.
    public let mask: [UInt8]

    /// A prepared image with the mask of an object.
    public init(image: Tensor, mask: [UInt8]) {
      self.image = image
      self.mask = mask
    }
  }

  /// What is known of a class.
  package struct Target: Sendable {
    /// What it looks like, [C].
    package let embedding: Tensor
    /// The weights of the masks of three scales; nil for the variant without training.
    package let scales: [Float]?
    /// The least likeness of an image that has one; nil for any.
    package internal(set) var threshold: Float?
  }

  /// What stands for the logits of a class that is not there.
  package static let absent: Float = -10

  private let model: Sam
  /// What is known of each class, the first is 1; nil without references.
  package private(set) var targets: [Target?]

  /// The model, personalised with the references of each class; a class without any is never found.
  ///
  /// A mask has the side of the decoder's logits, four times the grid's.
  /// - Throws: `PerSAMError` for a model that does not have SAM's own four mask tokens.
  public init(_ model: Sam, references: [[Reference]], variant: Variant) throws(PerSAMError) {
    guard model.configuration.maskTokens == 4 else {
      throw .maskTokens(found: model.configuration.maskTokens)
    }
    self.model = model
    targets = references.map { references in
      references.isEmpty ? nil : Target(references, model, variant)
    }
  }

  /// The side of a patch in pixels.
  public var patch: Int { model.configuration.patch }

  /// How many numbers were trained.
  public var trainedParameters: Int { 2 * targets.count { $0?.scales != nil } }

  /// The highest likeness of each class in an image [3, S, S]; nil for a class without references.
  public func likeness(to image: Tensor) -> [Float?] {
    let view = SimilarityView(image, embedding: model.imageEncoder(image).value)
    return targets.map { $0.map { view.similarity(to: $0.embedding).highest.value } }
  }

  /// Learns from the likenesses of slices with and without a class from which one on to look for it.
  ///
  /// `present` says which classes a slice has. This is not the paper's, which takes the object to be there.
  public func calibrate(_ slices: [(likeness: [Float?], present: [Bool])]) {
    for index in targets.indices {
      targets[index]?.threshold = Presence.threshold(
        slices.compactMap { slice in
          slice.likeness[index].map { (score: $0, isPresent: slice.present[index]) }
        })
    }
  }

  /// The logits [K, 4g, 4g], class 0 the background, of an image [3, S, S].
  public func logits(of image: Tensor) -> Tensor {
    let embedding = model.imageEncoder(image).detached
    let view = SimilarityView(image, embedding: embedding.value)
    let side = 4 * view.grid
    let classes = targets.map { target in
      target.flatMap { found($0, embedding, view) }
        ?? Tensor([1, side, side], repeating: PerSAM.absent)
    }
    return Tensor.concatenated([Tensor(zeros: [1, side, side])] + classes, axis: 0)
  }

  /// The logits [1, 4g, 4g] of an object, or nil where the image has none.
  private func found(_ target: Target, _ embedding: Variable, _ view: SimilarityView) -> Tensor? {
    let similarity = view.similarity(to: target.embedding)
    if let threshold = target.threshold, similarity.highest.value < threshold { return nil }
    var decoding = Decoding(model: model, embedding: embedding, view: view)
    decoding.points = [similarity.highest.point]
    guard let scales = target.scales else {
      decoding.points.append(similarity.lowest.point)
      let guidance = Guidance(prior: similarity.prior, target: target.embedding)
      let first = decoding.masks(guidance: guidance).chosen(multimask: false).masks.value
      return decoding.refined(first, boxes: [false, true])
    }
    return decoding.refined(decoding.weighed(by: scales), boxes: [true, true])
  }
}
