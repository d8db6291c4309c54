public import Checkpoints
public import Tensors

extension Configuration {
  /// A model of these sizes with random weights, drawn as PyTorch draws them for segment_anything 1.0.
  ///
  /// Linear layers and convolutions: uniform in ±1/√(fan in), weight and offset. Embeddings and the directions of the
  /// positional encoding: standard normal. Norms: 1 and 0. Tables of positions: 0. Every tensor has its own sequence,
  /// split off by its name.
  public func initialised(using random: Random) -> Checkpoint {
    let shapes = tensors
    let fans = Initialisation.fans(of: shapes)
    let values = shapes.map { tensor in
      (
        tensor.name,
        Initialisation.value(of: tensor, fans: fans, using: random.split(tensor.name))
      )
    }
    return Checkpoint(
      values, source: "random weights",
      metadata: [Configuration.decoderHeadsKey: String(decoderHeads)])
  }
}

/// How PyTorch draws a fresh tensor, by the layer it belongs to.
package enum Initialisation {
  /// The fan-in of every layer with a weight of several axes, by the layer's path.
  ///
  /// For [O, C, k, k] it is C·k·k; PyTorch takes the same axes of a transposed convolution's [C, O, k, k].
  package static func fans(of tensors: [TensorShape]) -> [String: Int] {
    var fans: [String: Int] = [:]
    for tensor in tensors where tensor.name.hasSuffix(".weight") && tensor.shape.count > 1 {
      fans[String(tensor.name.dropLast(".weight".count))] = tensor.shape.dropFirst().reduce(1, *)
    }
    return fans
  }

  /// A fresh tensor; `fans` are those of all layers.
  package static func value(
    of tensor: TensorShape, fans: [String: Int], using random: Random
  ) -> Tensor {
    var random = random
    let name = tensor.name
    let layer = name.split(separator: ".").dropLast().joined(separator: ".")
    if name.hasSuffix(".pos_embed") || name.contains(".attn.rel_pos_") {
      return Tensor(zeros: tensor.shape)
    }
    if isNormal(name) { return normal(tensor.shape, using: &random) }
    guard let fan = fans[layer] else {
      return Tensor(tensor.shape, repeating: name.hasSuffix(".weight") ? 1 : 0)
    }
    return .uniform(tensor.shape, fan: fan, using: &random)
  }

  /// Whether the tensor is an embedding or the matrix of directions.
  private static func isNormal(_ name: String) -> Bool {
    let parts = name.split(separator: ".")
    return name.hasSuffix(".positional_encoding_gaussian_matrix")
      || parts.contains { embeddings.contains(String($0)) }
  }

  private static let embeddings: Set<String> = [
    "point_embeddings", "not_a_point_embed", "no_mask_embed", "iou_token", "mask_tokens",
  ]

  static func normal(_ shape: [Int], using random: inout Random) -> Tensor {
    Tensor(shape, (0..<shape.product).map { _ in random.normal() })
  }

}

extension Tensor {
  /// Uniform in ±1/√fan: how PyTorch draws the weights and offsets of a layer of so many inputs.
  package static func uniform(_ shape: [Int], fan: Int, using random: inout Random) -> Tensor {
    let bound = 1 / Float(fan).squareRoot()
    return Tensor(shape, (0..<shape.product).map { _ in random.uniform(-bound, bound) })
  }
}
