public import Adaptation
public import Autodiff
public import Checkpoints
public import Layers
import SegmentAnything
public import Tensors

/// A model that is told by exemplars what to segment: their embeddings become prompts, and their classes a prior.
///
/// - **Prior**: every token of the query recalls the 4 x 4 cells of the exemplars' tokens it is like, in embedding and in
///   place (softmax over a learned bilinear likeness minus learned squared distances).
/// - **Prompts**: for each class a mask token, made from the mean of the exemplars' embeddings over the class, and further
///   tokens: learned queries' views of the class in the exemplars, and what the query itself shows where the
///   prior sees the class.
/// - **Decoder**: one pass for all classes; the prior of everything but the background goes through the prompt encoder's
///   mask path, and what marks each class is added where the prior sees it.
///
/// The logits are a learned sum of the prior's logarithm and the decoder's answer.
public final class ExampleSetNetwork {
  /// What is added to the prior before its logarithm.
  static let floor: Float = 1e-3
  /// The logit of a class that no exemplar in sight shows, beside the prior's.
  static let absent: Float = -8

  /// The model with low-rank corrections of prompt encoder and mask decoder.
  public let model: AdaptedModel
  /// What learns beside it.
  public let heads: ExampleSetHeads
  /// The side of the embedding in tokens.
  public let grid: Int

  /// The network before any training, on weights and for images of `imageSize`, or the weights' own; `token` maps mean
  /// embeddings to mask tokens, as pretraining leaves it.
  public init(
    base: Checkpoint, plan: Plan = ExampleSetNetwork.plan(rank: 8), decoderHeads: Int? = nil,
    imageSize: Int? = nil, token: Tensor?, using random: Random
  ) throws {
    model = try AdaptedModel(base: base, plan: plan, decoderHeads: decoderHeads, using: random)
    heads = ExampleSetHeads(
      width: model.model.configuration.promptWidth, token: token, using: random.split("heads"))
    grid = (imageSize ?? model.imageSize) / model.patch
    for parameter in learned { parameter.learns = false }
  }

  /// The plan of the corrections: of every attention and MLP of the decoder, its hypernetworks, and the prompt
  /// encoder's convolutions and embeddings.
  public static func plan(rank: Int) -> Plan {
    Plan(method: .decoderLora, heads: .frozen, rank: rank, classHeads: nil)
  }

  /// Everything that is learned: the corrections and the heads.
  public var learned: [Parameter] {
    model.inventory.parameters.filter { $0.name.contains(".lora_") } + heads.parameters
  }

  /// The embedding [g·g, C] of an image [3, S, S].
  public func embedding(of image: Tensor) -> Tensor {
    let values = model.model.imageEncoder(image).value
    return values.reshaped([grid * grid, values.width])
  }

  /// What each of the query's tokens recalls of the exemplars' cells, [g·g, 16 K].
  func recalledCells(
    of query: ExampleQuery, from support: Support, _ settings: ExampleSetSettings
  ) -> Variable {
    let alike = scale(
      linear(Variable(query.directions), heads.likeness.variable), by: settings.sharpness)
    let places = Support.queryPlaces(grid: grid)
    let near = scaled(Variable(places.scaled(by: settings.nearness)), by: heads.distance.variable)
    let deep = Support.queryDepths(of: query, grid: grid, factor: settings.depth)
    return recalled(
      concatenate([alike, near, Variable(deep)], axis: 1), keys: support.keys,
      values: support.cells)
  }

  /// The logits [1, K, 4g, 4g] of all classes of the task.
  func logits(
    of query: ExampleQuery, support: Support, settings: ExampleSetSettings
  ) -> Variable {
    let cells = recalledCells(of: query, from: support, settings)
    let classes = cells.shape[1] / 16
    let shares = planes(ofCells: cells, grid: grid)
    let logarithms = logarithm(shares, epsilon: ExampleSetNetwork.floor)
    let prior = scaled(logarithms, by: heads.weights.prior.variable)
    guard settings.decoder != 0, support.present.count > 1 else {
      return reshape(prior, [1] + prior.shape)
    }
    let answer = decoded(query, support, cells: cells, shares: shares)
    let pixels = answer.shape[2] * answer.shape[3]
    var spread = [Float](repeating: 0, count: classes * support.present.count)
    var missing = Tensor(
      [classes, pixels], repeating: ExampleSetNetwork.absent * settings.decoder)
    for (row, value) in support.present.enumerated() {
      spread[value * support.present.count + row] = settings.decoder
      missing.withMutablePointer { ($0 + value * pixels).update(repeating: 0, count: pixels) }
    }
    let all = weightedSums(
      reshape(scaled(answer, by: heads.weights.decoder.variable), [answer.shape[1], pixels]),
      weights: Tensor([classes, support.present.count], spread))
    let sum = add(add(reshape(prior, [classes, pixels]), all), Variable(missing))
    return reshape(sum, [1] + prior.shape)
  }

  /// The decoder's answer [1, Kp, 4g, 4g] for the classes that are present.
  private func decoded(
    _ query: ExampleQuery, _ support: Support, cells: Variable, shares: Variable
  ) -> Variable {
    let width = query.embedding.shape[1]
    let parts = classShares(cells, support.present)
    let tokens = ExampleTokens(
      heads: heads, single: model.model.maskDecoder.singleMaskToken, support: support
    ).tokens(query: query, shares: parts.value)
    let count = support.present.count
    let classTokens = slice(tokens, axis: 0, 0..<count)
    let others = slice(tokens, axis: 0, count..<tokens.shape[0])
    let marks = linear(parts, linear(heads.dense.variable, classTokens))
    let whole = model.model.promptEncoder.dense(ofMasks: foreground(shares))
    let dense = add(whole, reshape(marks, [grid, grid, width]))
    return model.model.maskDecoder(
      embedding: Variable(query.embedding.reshaped([1, grid, grid, width])),
      positions: model.model.promptEncoder.densePositions(grid: grid),
      prompts: PromptEncoding(
        sparse: reshape(others, [1] + others.shape), dense: dense),
      classTokens: classTokens
    ).masks
  }

  /// The share of each token that the prior gives the present classes, [g·g, Kp], from cells [g·g, 16 K].
  private func classShares(_ cells: Variable, _ present: [Int]) -> Variable {
    let all = cells.shape[1]
    var weights = [Float](repeating: 0, count: present.count * all)
    for (row, value) in present.enumerated() {
      for cell in 0..<16 { weights[row * all + 16 * value + cell] = 1 / 16 }
    }
    return linear(cells, Variable(Tensor([present.count, all], weights)))
  }

  /// The logit [1, 4g, 4g] of what is not background, from shares [K, 4g, 4g].
  private func foreground(_ shares: Variable) -> Variable {
    let background = slice(shares, axis: 0, 0..<1)
    let rest = add(scale(background, by: -1), Variable(Tensor(background.shape, repeating: 1)))
    return add(
      logarithm(rest, epsilon: ExampleSetNetwork.floor),
      scale(logarithm(background, epsilon: ExampleSetNetwork.floor), by: -1))
  }

  /// The product with a learned number [1, 1].
  private func scaled(_ x: Variable, by number: Variable) -> Variable {
    reshape(linear(reshape(x, [x.shape.product, 1]), number), x.shape)
  }
}

extension ExampleSetNetwork {
  /// The logits [1, K, 4g, 4g] that the nearest of some exemplars give to a query.
  func logits(
    of query: ExampleQuery, among exemplars: [ExampleSlice], settings: ExampleSetSettings
  ) -> Variable {
    let nearest = Support.nearest(to: query, among: exemplars, count: settings.count)
    return logits(of: query, support: Support(nearest, grid: grid), settings: settings)
  }

  /// The logits [1, K, 4g, 4g] that the nearest of some exemplars give to another slice, as if nothing was known of it.
  public func logits(
    of slice: ExampleSlice, exemplars: [ExampleSlice], settings: ExampleSetSettings
  ) -> Variable {
    logits(of: ExampleQuery(slice), among: exemplars, settings: settings)
  }
}
