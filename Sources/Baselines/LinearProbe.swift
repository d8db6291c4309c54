public import Adaptation
public import Autodiff
public import Checkpoints
public import Layers
import SegmentAnything
public import Tensors

/// A linear map from each place of the image encoder's embedding to the logits of the classes.
///
/// What the embedding knows by itself: no decoder, no neighbours, only bilinear interpolation to the size of the decoder's
/// masks. Everything but the map is frozen, so that embeddings are computed once.
public final class LinearProbe: LearningSegmenter {
  /// What learns.
  public let plan: Plan
  /// The SHA-256 of the base weights.
  public let baseSHA256: String
  private let model: Sam
  private let weight: Parameter
  private let bias: Parameter
  private var replaced: Set<String> = []

  /// The probe of a model's embedding for a plan with classes, its map drawn as PyTorch draws a linear layer.
  public init(
    base: Checkpoint, plan: Plan, decoderHeads: Int? = nil, using random: Random
  ) throws {
    guard let classes = plan.classHeads?.classes else {
      preconditionFailure("LinearProbe: a plan without classes")
    }
    // Tensors are claimed once, and the base may serve other networks too.
    model = try Sam(base.renamed { $0 }, decoderHeads: decoderHeads)
    self.plan = plan
    baseSHA256 = base.sha256
    let width = model.configuration.promptWidth
    func drawn(_ name: String, _ shape: [Int]) -> Parameter {
      var random = random.split(name)
      let parameter = Parameter(name, .uniform(shape, fan: width, using: &random))
      parameter.learns = true
      return parameter
    }
    weight = drawn("linear_probe.weight", [classes + 1, width])
    bias = drawn("linear_probe.bias", [classes + 1])
    model.inventory.add(weight)
    model.inventory.add(bias)
  }

  /// The model's parameters, then those of the map.
  public var inventory: Inventory { model.inventory }

  /// The map, and what else a file replaced.
  public var changes: [(String, Tensor)] {
    inventory.parameters.filter {
      [weight.name, bias.name].contains($0.name) || replaced.contains($0.name)
    }
    .map { ($0.name, $0.value) }
  }

  /// The side of a patch in pixels.
  public var patch: Int { model.configuration.patch }

  /// The model's own side of an image.
  public var imageSize: Int { model.configuration.imageSize }

  /// The number format of the encoder's products.
  public var precision: Precision { model.imageEncoder.precision }

  /// The embedding is what is stored.
  public var cut: String? { "neck" }

  /// Four times the grid, as the decoder's masks.
  public func outputSide(imageSize: Int) -> Int { 4 * imageSize / patch }

  /// The embedding's shape.
  public func frozenShape(imageSize: Int) -> [Int] {
    [imageSize / patch, imageSize / patch, model.configuration.promptWidth]
  }

  /// The embedding [g, g, C] of an image [3, S, S].
  public func frozen(_ image: Tensor) -> Tensor {
    let embedding = model.imageEncoder(image).value
    return embedding.reshaped(Array(embedding.shape.dropFirst()))
  }

  /// The logits [1, K, 4g, 4g].
  public func logits(from content: SliceContent) -> Variable {
    let embedding =
      switch content {
      case .stored(let values): Variable(values)
      case .image(let image): model.imageEncoder(image)
      }
    let side = 4 * embedding.shape[1]
    let logits = linear(embedding, weight.variable, bias.variable).planar
    return resized(logits, height: side, width: side)
  }

  /// Computes the encoder's products in a number format.
  public func compute(in precision: Precision, forTraining: Bool) {
    model.imageEncoder.compute(in: precision)
  }

  /// Nothing is kept of an image but its embedding.
  public func limitMemory(toBytesPerImage bytes: Int, imageSize: Int) {}

  /// No layer learns before the stored place.
  public func keptBytes(imageSize: Int) -> Int { 0 }

  /// Replaces parameters by a file's tensors of the same name, strictly.
  public func fill(from file: Checkpoint) throws {
    replaced.formUnion(try inventory.parameters.fill(from: file))
  }
}
