/// The name and shape of a tensor in a checkpoint.
public struct TensorShape: Equatable, Sendable {
  /// The checkpoint's key.
  public let name: String
  /// The extents.
  public let shape: [Int]

  /// A tensor of a name and its extents.
  package init(_ name: String, _ shape: [Int]) {
    self.name = name
    self.shape = shape
  }
}

extension Configuration {
  /// Every tensor of a model of these sizes, in the order of the official checkpoints.
  public var tensors: [TensorShape] { encoderTensors + promptTensors + decoderTensors }

  private var encoderTensors: [TensorShape] {
    let path = "image_encoder"
    var tensors = [
      TensorShape("\(path).pos_embed", [1, grid, grid, width]),
      TensorShape("\(path).patch_embed.proj.weight", [width, channels, patch, patch]),
      TensorShape("\(path).patch_embed.proj.bias", [width]),
    ]
    for block in 0..<depth {
      let path = "\(path).blocks.\(block)"
      let side = window(ofBlock: block) == 0 ? grid : window
      let table = [2 * side - 1, width / heads]
      tensors += norm("\(path).norm1", width)
      tensors += [
        TensorShape("\(path).attn.rel_pos_h", table), TensorShape("\(path).attn.rel_pos_w", table),
      ]
      tensors += linear("\(path).attn.qkv", width, 3 * width)
      tensors += linear("\(path).attn.proj", width, width)
      tensors += norm("\(path).norm2", width)
      tensors += linear("\(path).mlp.lin1", width, mlpWidth)
      tensors += linear("\(path).mlp.lin2", mlpWidth, width)
    }
    tensors.append(TensorShape("\(path).neck.0.weight", [promptWidth, width, 1, 1]))
    tensors += norm("\(path).neck.1", promptWidth)
    tensors.append(TensorShape("\(path).neck.2.weight", [promptWidth, promptWidth, 3, 3]))
    return tensors + norm("\(path).neck.3", promptWidth)
  }

  private var promptTensors: [TensorShape] {
    let path = "prompt_encoder"
    let mask = "\(path).mask_downscaling"
    var tensors = [
      TensorShape(
        "\(path).pe_layer.positional_encoding_gaussian_matrix", [2, positionDirections])
    ]
    tensors += (0..<4).map {
      TensorShape("\(path).point_embeddings.\($0).weight", [1, promptWidth])
    }
    tensors.append(TensorShape("\(path).not_a_point_embed.weight", [1, promptWidth]))
    tensors += convolution("\(mask).0", [maskChannels / 4, 1, 2, 2])
    tensors += norm("\(mask).1", maskChannels / 4)
    tensors += convolution("\(mask).3", [maskChannels, maskChannels / 4, 2, 2])
    tensors += norm("\(mask).4", maskChannels)
    tensors += convolution("\(mask).6", [promptWidth, maskChannels, 1, 1])
    return tensors + [TensorShape("\(path).no_mask_embed.weight", [1, promptWidth])]
  }

  private var decoderTensors: [TensorShape] {
    let path = "mask_decoder"
    let transformer = "\(path).transformer"
    let upscaling = "\(path).output_upscaling"
    var tensors = (0..<decoderDepth).flatMap { twoWayBlock("\(transformer).layers.\($0)") }
    tensors += attention("\(transformer).final_attn_token_to_image", crossWidth)
    tensors += norm("\(transformer).norm_final_attn", promptWidth)
    tensors += [
      TensorShape("\(path).iou_token.weight", [1, promptWidth]),
      TensorShape("\(path).mask_tokens.weight", [maskTokens, promptWidth]),
      TensorShape("\(upscaling).0.weight", [promptWidth, promptWidth / 4, 2, 2]),
      TensorShape("\(upscaling).0.bias", [promptWidth / 4]),
    ]
    tensors += norm("\(upscaling).1", promptWidth / 4)
    tensors += [
      TensorShape("\(upscaling).3.weight", [promptWidth / 4, promptWidth / 8, 2, 2]),
      TensorShape("\(upscaling).3.bias", [promptWidth / 8]),
    ]
    for token in 0..<maskTokens {
      tensors += mlp("\(path).output_hypernetworks_mlps.\(token)", hypernetworkWidths)
    }
    return tensors + mlp("\(path).iou_prediction_head", qualityWidths)
  }

  private func twoWayBlock(_ path: String) -> [TensorShape] {
    attention("\(path).self_attn", promptWidth) + norm("\(path).norm1", promptWidth)
      + attention("\(path).cross_attn_token_to_image", crossWidth)
      + norm("\(path).norm2", promptWidth)
      + linear("\(path).mlp.lin1", promptWidth, decoderMLPWidth)
      + linear("\(path).mlp.lin2", decoderMLPWidth, promptWidth)
      + norm("\(path).norm3", promptWidth) + norm("\(path).norm4", promptWidth)
      + attention("\(path).cross_attn_image_to_token", crossWidth)
  }

  private func attention(_ path: String, _ inner: Int) -> [TensorShape] {
    ["q_proj", "k_proj", "v_proj"].flatMap { linear("\(path).\($0)", promptWidth, inner) }
      + linear("\(path).out_proj", inner, promptWidth)
  }

  private func mlp(_ path: String, _ widths: [Int]) -> [TensorShape] {
    zip(widths, widths.dropFirst()).enumerated().flatMap { index, sizes in
      linear("\(path).layers.\(index)", sizes.0, sizes.1)
    }
  }

  private func linear(_ path: String, _ inputs: Int, _ outputs: Int) -> [TensorShape] {
    convolution(path, [outputs, inputs])
  }

  private func convolution(_ path: String, _ shape: [Int]) -> [TensorShape] {
    [TensorShape("\(path).weight", shape), TensorShape("\(path).bias", [shape[0]])]
  }

  private func norm(_ path: String, _ width: Int) -> [TensorShape] {
    [TensorShape("\(path).weight", [width]), TensorShape("\(path).bias", [width])]
  }
}
