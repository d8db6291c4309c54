import Autodiff
public import Layers
public import Tensors

/// What learns beside the model so that a set of exemplars can define a task.
///
/// The design is graft's own: the paper it answers (Xu, Generalisable medical image segmentation from an example set,
/// 2311.12539) has no public code.
public struct ExampleSetHeads {
  /// How many learned queries look at a class's part of the exemplars, the first of which starts as its mean.
  public static let queryCount = 3
  /// What the names of the tensors start with.
  static let prefix = "example_sets."
  /// The share of the image's side in which a pixel's place counts as near.
  static let nearness: Float = 0.1

  /// How alike two embeddings are, as a bilinear form of their directions, [C, C].
  public let likeness: Parameter
  /// How much the distance of two places in the image counts, [1, 1].
  public let distance: Parameter
  /// The queries that look at a class's part of the exemplars, [T, C].
  public let queries: Parameter
  /// What tells the tokens of a class apart, [T + 1, C]: one for each query, one for what the image itself shows.
  public let kinds: Parameter
  /// The map from what was seen of a class to the token that asks for it, [C, C].
  public let token: Parameter
  /// The map from a class's token to what marks its pixels in the image, [C, C].
  public let dense: Parameter
  /// The weights of the prior and of the decoder's answer in the logits, [1, 1] each.
  public let weights: (prior: Parameter, decoder: Parameter)

  /// Heads before any training, for embeddings of `width`; `token` maps mean embeddings to mask tokens, as pretraining
  /// leaves it.
  public init(width: Int, token map: Tensor?, using random: Random) {
    func parameter(_ name: String, _ value: Tensor) -> Parameter {
      Parameter(ExampleSetHeads.prefix + name, value)
    }
    func drawn(_ name: String, _ shape: [Int], bound: Float) -> Tensor {
      var random = random.split(name)
      return Tensor(shape, (0..<shape.product).map { _ in random.uniform(-bound, bound) })
    }
    let half = (0..<width * width).map { $0 / width == $0 % width ? Float(0.5) : 0 }
    likeness = parameter("likeness.weight", Tensor([width, width], half))
    distance = parameter("distance.weight", Tensor([1, 1], [1]))
    let count = ExampleSetHeads.queryCount
    let others = drawn("queries", [count - 1, width], bound: 0.2)
    queries = parameter(
      "queries.weight", Tensor.concatenated([Tensor(zeros: [1, width]), others], axis: 0))
    kinds = parameter("kinds.weight", Tensor(zeros: [count + 1, width]))
    token = parameter(
      "token.weight",
      map ?? drawn("token", [width, width], bound: 1 / Float(width).squareRoot()))
    dense = parameter("dense.weight", Tensor(zeros: [width, width]))
    weights = (
      parameter("prior.weight", Tensor([1, 1], [1])),
      parameter("decoder.weight", Tensor([1, 1], [0.2]))
    )
  }

  /// All of them.
  public var parameters: [Parameter] {
    [likeness, distance, queries, kinds, token, dense, weights.prior, weights.decoder]
  }
}
