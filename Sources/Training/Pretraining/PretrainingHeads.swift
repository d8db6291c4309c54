import Autodiff
import Layers
import SegmentAnything
import Tensors

/// What learns beside the model in pretraining and is not part of the checkpoint.
///
/// One head gives every pixel of the logits a feature of its own from the embedding; another turns the mean embedding of a
/// structure in other subjects into the mask token that asks for it.
struct PretrainingHeads {
  /// The width of a pixel's feature.
  static let featureWidth = 32

  /// The name of the map from mean embeddings to mask tokens.
  static let tokenName = "pretraining.token.weight"

  private let pixelWeight: Parameter
  private let pixelBias: Parameter
  private let pixelNorm: (weight: Parameter, bias: Parameter)
  private let meanNorm: (weight: Parameter, bias: Parameter)
  private let tokenWeight: Parameter

  /// Fresh heads for embeddings of `width`.
  init(width: Int, using random: Random) {
    let features = PretrainingHeads.featureWidth
    func uniform(_ name: String, _ shape: [Int]) -> Parameter {
      var random = random.split(name)
      let bound = 1 / Float(width).squareRoot()
      return Parameter(
        name,
        Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.uniform(-bound, bound) }))
    }
    func filled(_ name: String, _ value: Float) -> Parameter {
      Parameter(name, Tensor([features], [Float](repeating: value, count: features)))
    }
    pixelWeight = uniform("pretraining.pixels.weight", [16 * features, width])
    pixelBias = uniform("pretraining.pixels.bias", [16 * features])
    pixelNorm = (
      filled("pretraining.pixels.norm.weight", 1), filled("pretraining.pixels.norm.bias", 0)
    )
    meanNorm = (
      filled("pretraining.means.norm.weight", 0.25), filled("pretraining.means.norm.bias", 0)
    )
    tokenWeight = uniform(PretrainingHeads.tokenName, [width, width])
    for parameter in parameters { parameter.learns = true }
  }

  /// Everything that learns here.
  var parameters: [Parameter] {
    [
      pixelWeight, pixelBias, pixelNorm.weight, pixelNorm.bias, meanNorm.weight, meanNorm.bias,
      tokenWeight,
    ]
  }

  /// The normalised features [16 · P, F] of an embedding [1, g, g, C] of P tokens.
  func features(of embedding: Variable) -> Variable {
    let tokens = embedding.shape[1] * embedding.shape[2]
    let all = linear(
      reshape(embedding, [tokens, embedding.shape[3]]), pixelWeight.variable, pixelBias.variable)
    return layerNorm(
      reshape(all, [16 * tokens, PretrainingHeads.featureWidth]), pixelNorm.weight.variable,
      pixelNorm.bias.variable, epsilon: 1e-6)
  }

  /// How alike each pixel's feature [N, F] is to each mean feature [R, F]: logits [R, N].
  func likeness(of features: Variable, to means: Variable) -> Variable {
    linear(
      layerNorm(means, meanNorm.weight.variable, meanNorm.bias.variable, epsilon: 1e-6), features)
  }

  /// The mask tokens [R, C] that ask for structures of mean embeddings [R, C], from the token of a single mask [1, C].
  func tokens(of means: Variable, single: Variable) -> Variable {
    add(linear(means, tokenWeight.variable), reshape(single, [single.shape[1]]))
  }
}
