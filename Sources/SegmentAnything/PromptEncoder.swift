public import Autodiff
public import Checkpoints
public import Layers
public import Tensors

/// Prompts as the mask decoder takes them.
public struct PromptEncoding {
  /// A token for each point, padding point and corner, [B, n, C]; nil where there is none.
  public let sparse: Variable?
  /// What is added to every token of the image, [B, g, g, C], or [C] without a mask.
  public let dense: Variable

  /// Prompts made elsewhere.
  package init(sparse: Variable?, dense: Variable) {
    self.sparse = sparse
    self.dense = dense
  }
}

/// Turns points, boxes and masks into tokens.
public final class PromptEncoder {
  private let positions: PositionalEncoding
  private let embeddings: [Parameter]
  private let embeddingSlot: Slot
  private let notAPoint: Parameter
  private let noMask: Parameter
  private let maskDownscaling: MaskDownscaling
  private let width: Int
  private let patch: Int

  /// Claims the prompt encoder's tensors.
  public init(_ scope: Scope, _ sizes: Configuration) throws(CheckpointError) {
    let width = sizes.promptWidth
    positions = try PositionalEncoding(
      scope / "pe_layer", directions: sizes.positionDirections)
    var embeddings: [Parameter] = []
    for index in 0..<4 {
      embeddings.append(try (scope / "point_embeddings" / index)("weight", 1, width))
    }
    self.embeddings = embeddings
    embeddingSlot = (scope / "point_embeddings").slot(.embedding, outputs: 4, inputs: width)
    notAPoint = try (scope / "not_a_point_embed")("weight", 1, width)
    maskDownscaling = try MaskDownscaling(
      scope / "mask_downscaling", channels: sizes.maskChannels, to: width)
    noMask = try (scope / "no_mask_embed")("weight", 1, width)
    self.width = width
    patch = sizes.patch
  }

  /// The encoding [g, g, C] of where an image's tokens are; it is computed once for each grid.
  public func densePositions(grid: Int) -> Tensor { positions.grid(height: grid, width: grid) }

  /// The tokens of prompts for one image size; all of them have the same kinds and number of points.
  ///
  /// Without prompts, or with empty ones, only the embedding of "no mask" comes back.
  public func callAsFunction(_ prompts: [Prompt], imageSize: Int) -> PromptEncoding {
    if let first = prompts.first {
      precondition(
        prompts.allSatisfy(first.matches),
        "PromptEncoder: prompts of one batch have the same kinds and number of points")
    }
    return PromptEncoding(
      sparse: sparse(prompts, imageSize: Float(imageSize)),
      dense: dense(prompts, grid: imageSize / patch))
  }

  /// What masks of logits [B, 4g, 4g] add to the image's tokens, [B, g, g, C].
  package func dense(ofMasks logits: Variable) -> Variable {
    maskDownscaling(reshape(logits, logits.shape + [1]))
  }

  private func dense(_ prompts: [Prompt], grid: Int) -> Variable {
    let masks = prompts.compactMap(\.mask)
    guard let first = masks.first else { return reshape(noMask.variable, [width]) }
    precondition(
      first.shape == [4 * grid, 4 * grid],
      "PromptEncoder: a mask is [\(4 * grid), \(4 * grid)] logits, not \(first.shape)")
    let image = Tensor(unfilled: [masks.count, 4 * grid, 4 * grid, 1]) { all in
      for (index, mask) in masks.enumerated() {
        mask.withPointer { (all + index * mask.count).update(from: $0, count: mask.count) }
      }
    }
    return maskDownscaling(Variable(image))
  }

  private func sparse(_ prompts: [Prompt], imageSize: Float) -> Variable? {
    let marks = prompts.map(Mark.all)
    guard let count = marks.first?.count, count > 0 else { return nil }
    let kinds = Set(marks.joined().map(\.kind))
    let places = marks.joined().map { mark in
      (x: (mark.x + 0.5) / imageSize, y: (mark.y + 0.5) / imageSize)
    }
    var encoded = positions(places)
    encoded.withMutablePointer { base in
      for (index, mark) in marks.joined().enumerated() where mark.kind == .padding {
        (base + index * width).update(repeating: 0, count: width)
      }
    }
    let shape = [marks.count, count]
    let rows = marks.joined().flatMap { mark in
      Mark.Kind.embedded.map { $0 == mark.kind ? Float(1) : 0 }
    }
    let padding = marks.joined().map { $0.kind == .padding ? Float(1) : 0 }
    let points = prompts.contains { !$0.points.isEmpty }
    let chosen = linear(
      Variable(Tensor(shape + [4], rows)),
      table(points: points, boxes: kinds.contains(.upperLeft)), nil)
    let unchosen = linear(
      Variable(Tensor(shape + [1], padding)),
      reshape(points ? notAPoint.variable : notAPoint.variable.detached, [width, 1]), nil)
    return add(
      add(chosen, unchosen), Variable(encoded.reshaped(shape + [width])))
  }

  /// The embeddings of points and corners with their corrections, one a column: [C, 4].
  ///
  /// As in PyTorch, an embedding has a gradient, be it zero, where prompts of its kind are given.
  private func table(points: Bool, boxes: Bool) -> Variable {
    let rows = embeddings.enumerated().map { index, embedding in
      (index < 2 ? points : boxes) ? embedding.variable : embedding.variable.detached
    }
    let identity = Variable(
      Tensor(
        [width, width],
        (0..<width * width).map { $0 / width == $0 % width ? Float(1) : 0 }))
    return embeddingSlot(linear(identity, concatenate(rows, axis: 0), nil), input: identity)
  }
}

/// A place with the embedding that is added to its position.
private struct Mark {
  enum Kind: Int {
    case background, foreground, upperLeft, lowerRight, padding

    /// The kinds in the order of the checkpoint's `point_embeddings`.
    static let embedded: [Kind] = [.background, .foreground, .upperLeft, .lowerRight]
  }

  let kind: Kind
  let x: Float
  let y: Float

  /// The points, a padding point where points come without a box, the box's two corners.
  static func all(of prompt: Prompt) -> [Mark] {
    var marks = prompt.points.map { point in
      switch point.label {
      case .background: Mark(kind: .background, x: point.x, y: point.y)
      case .foreground: Mark(kind: .foreground, x: point.x, y: point.y)
      case .padding: Mark(kind: .padding, x: point.x, y: point.y)
      }
    }
    if let box = prompt.box {
      marks.append(Mark(kind: .upperLeft, x: box.x0, y: box.y0))
      marks.append(Mark(kind: .lowerRight, x: box.x1, y: box.y1))
    } else if !marks.isEmpty {
      marks.append(Mark(kind: .padding, x: 0, y: 0))
    }
    return marks
  }
}

/// Brings a mask's logits to the image's grid: three convolutions, the first two normalised and with GELU.
struct MaskDownscaling {
  private let first: PatchConvolution
  private let firstNorm: LayerNorm
  private let second: PatchConvolution
  private let secondNorm: LayerNorm
  private let projection: PatchConvolution

  init(_ scope: Scope, channels: Int, to width: Int) throws(CheckpointError) {
    first = try PatchConvolution(scope / 0, from: 1, to: channels / 4, size: 2)
    firstNorm = try LayerNorm(scope / 1, width: channels / 4, epsilon: 1e-6)
    second = try PatchConvolution(scope / 3, from: channels / 4, to: channels, size: 2)
    secondNorm = try LayerNorm(scope / 4, width: channels, epsilon: 1e-6)
    projection = try PatchConvolution(scope / 6, from: channels, to: width, size: 1)
  }

  /// The tokens [B, g, g, C] of masks [B, 4g, 4g, 1].
  func callAsFunction(_ masks: Variable) -> Variable {
    projection(gelu(secondNorm(second(gelu(firstNorm(first(masks)))))))
  }
}
