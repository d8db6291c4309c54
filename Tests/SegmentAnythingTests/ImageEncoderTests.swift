import Autodiff
import Checkpoints
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

struct ImageEncoderTests {
  @Test func `every step of the encoder equals PyTorch's`() throws {
    let golden = try Micro.forward()
    let encoder = try Micro.model().imageEncoder
    let input = try Micro.input(golden)
    func check(_ step: String, _ found: Variable, planar: Bool = false) throws {
      let expected = try golden.floats("encoder/steps/\(step)")
      let error = difference(planar ? found.value.channelsFirst : found.value, expected)
      #expect(error < Tolerance.block, "\(step) differs by \(error)")
    }
    var tokens = encoder.patches(of: input)
    try check("after_pos_embed", tokens)
    for (index, block) in encoder.blocks.enumerated() {
      if index < 2 {
        let normalised = block.norm1(tokens)
        try check("block_\(index)_norm1", normalised)
        let attended = add(tokens, block.attention(normalised))
        let again = block.norm2(attended)
        try check("block_\(index)_norm2", again)
        try check("block_\(index)_mlp", block.mlp(again))
      }
      tokens = block(tokens)
      try check("block_\(index)", tokens)
    }
    let projected = encoder.neck.projection(tokens)
    try check("neck_0", projected, planar: true)
    let first = encoder.neck.norm1(projected)
    try check("neck_1", first, planar: true)
    let convolved = encoder.neck.convolution(first)
    try check("neck_2", convolved, planar: true)
    try check("neck_3", encoder.neck.norm2(convolved), planar: true)
    try check("neck_3", encoder(input), planar: true)
  }

  @Test func `blocks computed again on the way back give the same bits`() throws {
    let input = try Micro.input(try Micro.forward())
    func bits(recomputing count: Int) throws -> [Tensor?] {
      let model = try Micro.model()
      let encoder = model.imageEncoder
      encoder.recomputedBlocks = count
      let learning = encoder.blocks.map(\.attention.qkv.weight)
      for weight in learning { weight.learns = true }
      let embedding = encoder(input)
      let gradients = Gradients(of: embedding, cotangent: embedding.value)
      return [embedding.value] + learning.map { gradients[$0.variable] }
    }
    let kept = try bits(recomputing: 0)
    #expect(kept.allSatisfy { $0 != nil })
    #expect(try bits(recomputing: 1) == kept)
    #expect(try bits(recomputing: .max) == kept)
  }

  @Test func `the patches and the attention of a windowed and a global block equal PyTorch's`()
    throws
  {
    let golden = try Micro.forward()
    let encoder = try Micro.model().imageEncoder
    let patches = Tensor.patches(try Micro.input(golden), size: 16).reshaped([1, 8, 8, 768])
    let embedded = encoder.patchEmbed.applied(toPatches: Variable(patches))
    #expect(
      difference(embedded.value, try golden.floats("encoder/steps/patch_embed"))
        < Tolerance.block)
    let whole = try golden.floats("encoder/steps/block_1_norm1")
    #expect(
      difference(
        encoder.blocks[1].attention(Variable(whole)).value,
        try golden.floats("encoder/steps/block_1_attn_raw")) < Tolerance.block)
    let windowed = encoder.blocks[0].attention(
      Variable(try golden.floats("encoder/steps/block_0_norm1")))
    let windows = try golden.floats("encoder/steps/block_0_attn_raw")
    for row in 0..<8 {
      for column in 0..<8 {
        let window = row / 5 * 2 + column / 5
        let place = (window * 25 + row % 5 * 5 + column % 5) * 64
        for channel in 0..<64 {
          let found = windowed.value[flat: (row * 8 + column) * 64 + channel]
          #expect(abs(found - windows[flat: place + channel]) < Float(Tolerance.block))
        }
      }
    }
  }

  @Test(arguments: [
    ("sam_micro.safetensors", "encoder/output"), ("sam_micro.pth", "encoder/output"),
    ("sam_micro_fp16.pth", "fp16_weights/embedding"),
  ])
  func `the embedding is the same from every layout of the weights`(
    file: String, expected: String
  ) throws {
    let golden = try Micro.forward()
    let model = try Sam(Micro.checkpoint(file))
    let embedding = model.imageEncoder(try Micro.input(golden))
    #expect(
      difference(embedding.value.channelsFirst, try golden.floats(expected)) < Tolerance.block)
  }

  @Test func `the embedding can be had in two parts, to the same bits`() throws {
    let golden = try Micro.forward()
    let encoder = try Micro.model().imageEncoder
    let input = try Micro.input(golden)
    let tokens = encoder.tokens(of: input, before: 2)
    #expect(encoder.embedding(from: tokens, block: 2).value == encoder(input).value)
  }

  @Test(arguments: ["smaller", "larger"])
  func `another image size works with interpolated tables`(name: String) throws {
    let golden = try Micro.forward()
    let model = try Micro.model()
    let group = "other_input_size/\(name)"
    let size = try golden.integers("\(group)/size")[0]
    let channel = try golden.floats("\(group)/input_one_channel").values
    let input = Tensor(
      [3, size, size], [Float(1), 0.5, -0.25].flatMap { factor in channel.map { factor * $0 } })
    let expected = try golden.floats("\(group)/embedding")
    #expect(difference(model.imageEncoder(input).value.channelsFirst, expected) < Tolerance.block)
  }

  @Test func `images of a batch equal PyTorch's batch`() throws {
    let golden = try Micro.forward()
    let encoder = try Micro.model().imageEncoder
    let pixels = try golden.floats("preprocess/same/resized_pil_u8")
    let planar = pixels.reshaped([1] + pixels.shape).channelsFirst
    let way = Preprocessing(size: 128, height: 90, width: 128)
    let same = way.normalised(planar.reshaped([3, 90, 128]))
    let batch = concatenate([encoder(try Micro.input(golden)), encoder(same)], axis: 0)
    #expect(
      difference(batch.value.channelsFirst, try golden.floats("encoder/batch2_output"))
        < Tolerance.block)
  }
}
