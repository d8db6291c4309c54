import Autodiff
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

struct MaskDecoderTests {
  private static let group = "decoder_steps_box_point"

  /// The inputs of the transformer for the goldens' case `box_point`.
  private struct Inputs {
    let golden: GoldenFile
    let model: Sam
    let tokens: Variable
    let image: Variable
    let positions: Variable

    init() throws {
      golden = try Micro.forward()
      let model = try Micro.model()
      self.model = model
      let encoded = model.promptEncoder(
        try prompts(golden, "prompts/box_point"), imageSize: 128)
      let weights = try ["iou_token", "mask_tokens"].map { name in
        try #require(model.inventory.parameters["mask_decoder.\(name).weight"]).variable
      }
      let own = concatenate(weights, axis: 0)
      let sparse = try #require(encoded.sparse)
      tokens = concatenate([reshape(own, [1] + own.shape), sparse], axis: 1)
      image = reshape(add(try Micro.embedding(golden), encoded.dense), [1, 64, 32])
      positions = Variable(model.promptEncoder.densePositions(grid: 8).reshaped([64, 32]))
    }

    func check(_ step: String, _ found: Variable, planar: Bool = false) throws {
      let expected = try golden.floats("\(MaskDecoderTests.group)/\(step)")
      let error = difference(planar ? found.value.channelsFirst : found.value, expected)
      #expect(error < Tolerance.block, "\(step) differs by \(error)")
    }
  }

  @Test func `every step of the transformer equals PyTorch's`() throws {
    let inputs = try Inputs()
    let transformer = inputs.model.maskDecoder.transformer
    let first = transformer.layers[0]
    let own = first.selfAttention(
      queries: inputs.tokens, keys: inputs.tokens, values: inputs.tokens)
    try inputs.check("layer_0_self_attn", own)
    let tokens = first.norm1(own)
    let placed = add(inputs.image, inputs.positions)
    let looked = first.tokenToImage(
      queries: add(tokens, inputs.tokens), keys: placed, values: inputs.image)
    try inputs.check("layer_0_token_to_image", looked)
    let seen = first.norm2(add(tokens, looked))
    let changed = first.norm3(add(seen, first.mlp(seen)))
    try inputs.check("layer_0/0", changed)
    try inputs.check(
      "layer_0_image_to_token",
      first.imageToToken(queries: placed, keys: add(changed, inputs.tokens), values: changed))
    var state = (queries: inputs.tokens, keys: inputs.image)
    for (index, layer) in transformer.layers.enumerated() {
      state = layer(
        queries: state.queries, keys: state.keys, queryPositions: inputs.tokens,
        keyPositions: inputs.positions)
      try inputs.check("layer_\(index)/0", state.queries)
      try inputs.check("layer_\(index)/1", state.keys)
    }
    let whole = transformer(
      tokens: inputs.tokens, image: inputs.image, positions: inputs.positions)
    try inputs.check("transformer/0", whole.tokens)
    try inputs.check("transformer/1", whole.image)
  }

  @Test func `few and many tokens look at the image by the same formulas`() throws {
    let inputs = try Inputs()
    let (image, positions) = (inputs.image, inputs.positions)
    let block = inputs.model.maskDecoder.transformer.layers[1]
    var random = Random(seed: 1)
    let many = Variable(randomTensor([1, 24, 32], using: &random))
    func looks(_ tokens: Variable) -> Tensor {
      block.tokenToImage.found(by: tokens, in: image, positions: positions).value
    }
    func told(_ tokens: Variable) -> Tensor {
      block.imageToToken.told(
        image, positions: positions, keys: tokens, values: tokens, norm: block.norm4
      ).value
    }
    let few = slice(many, axis: 1, 0..<5)
    #expect(
      difference(looks(few), looks(many).sliced(axis: 1, 0..<5)) < Tolerance.operation)
    let copies = concatenate(Array(repeating: slice(many, axis: 1, 0..<4), count: 6), axis: 1)
    #expect(difference(told(slice(many, axis: 1, 0..<4)), told(copies)) < Tolerance.operation)
  }

  @Test func `upscaling, hypernetworks and all masks equal PyTorch's`() throws {
    let inputs = try Inputs()
    let decoder = inputs.model.maskDecoder
    let (tokens, image) = decoder.transformer(
      tokens: inputs.tokens, image: inputs.image, positions: inputs.positions)
    let channels = Tensor([1, 4, 4], (0..<16).map { $0 % 5 == 0 ? 1 : 0 })
    let enlarged = decoder.upscaling.masks(
      reshape(image, [1, 8, 8, 32]), weights: Variable(channels))
    try inputs.check("upscaling_4", enlarged)
    for (index, network) in decoder.hypernetworks.enumerated() {
      let token = slice(tokens, axis: 1, index + 1..<index + 2)
      try inputs.check("hyper_\(index)", reshape(network(token), [1, 4]))
    }
    let all = inputs.model.masks(
      of: try Micro.embedding(inputs.golden),
      prompts: try prompts(inputs.golden, "prompts/box_point"))
    try inputs.check("all_low_res", all.masks)
    try inputs.check("all_iou", all.iou)
  }

  @Test func `a batch of images without prompts is decoded image by image`() throws {
    let golden = try Micro.forward()
    let model = try Micro.model()
    let both = try golden.floats("encoder/batch2_output").channelsLast
    let together = model.masks(of: Variable(both)).masks.value
    for index in 0..<2 {
      let one = model.masks(of: Variable(both.sliced(axis: 0, index..<index + 1))).masks.value
      #expect(
        difference(together.sliced(axis: 0, index..<index + 1), one) < Tolerance.operation)
    }
  }
}
