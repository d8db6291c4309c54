import Autodiff
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

/// Learned tokens in the encoder and the decoder against PyTorch's restatement.
struct PromptTokenTests {
  @Test(arguments: ["shallow", "deep"])
  func `tokens in the encoder give PyTorch's embedding and gradient`(mode: String) throws {
    let golden = try Goldens.hdf5("prompt-tokens/prompt_tokens.h5")
    let model = try Micro.model()
    let slots = model.inventory.tokenSlots
    let tokens = try golden.floats("tokens")
    let (count, width) = (tokens.shape[1], tokens.shape[2])
    for (index, slot) in slots.enumerated() where mode == "deep" || index == 0 {
      let parameter = Parameter(
        "\(slot.path).prompt_tokens",
        tokens.sliced(axis: 0, index..<index + 1).reshaped([count, width]))
      parameter.learns = true
      slot.tokens = parameter
    }
    let embedding = model.imageEncoder(try Micro.input(try Micro.forward()))
    #expect(
      difference(embedding.value.channelsFirst, try golden.floats("\(mode)/embedding"))
        < Tolerance.block)
    let gradients = Gradients(
      of: embedding, cotangent: try golden.floats("cotangent").channelsLast)
    let expected = try golden.floats("\(mode)/gradient")
    for (index, slot) in slots.enumerated() {
      guard let leaf = slot.tokens?.variable, let found = gradients[leaf] else { continue }
      let part = expected.sliced(axis: 0, index..<index + 1).reshaped([count, width])
      #expect(relativeError(found, part) < 1e-3, "block \(index)")
    }
  }

  @Test func `tokens of classes in the decoder give PyTorch's masks and gradient`() throws {
    let golden = try Goldens.hdf5("prompt-tokens/prompt_tokens.h5")
    let model = try Micro.model()
    let prompts = Variable(try golden.floats("prompts"), wantsGradient: true)
    let masks = model.masks(of: try Micro.embedding(try Micro.forward()), promptTokens: prompts)
    let logits = slice(masks.masks, axis: 1, 0..<1)
    let expected = try golden.floats("decoder/logits")
    #expect(difference(logits.value.reshaped(expected.shape), expected) < Tolerance.block)
    let gradients = Gradients(
      of: logits,
      cotangent: try golden.floats("decoder/cotangent").reshaped(logits.shape))
    let found = try #require(gradients[prompts])
    #expect(relativeError(found, try golden.floats("decoder/gradient")) < 1e-3)
  }

  @Test func `a block computed again on the way back gives the same bits with learned tokens`()
    throws
  {
    func bits(recomputing count: Int) throws -> [Tensor?] {
      let model = try Micro.model()
      var random = Random(seed: 3)
      model.imageEncoder.recomputedBlocks = count
      for slot in model.inventory.tokenSlots {
        let tokens = Parameter(
          "\(slot.path).prompt_tokens", randomTensor([2, slot.width], using: &random))
        tokens.learns = true
        slot.tokens = tokens
      }
      let embedding = model.imageEncoder(try Micro.input(try Micro.forward()))
      let gradients = Gradients(of: embedding, cotangent: embedding.value)
      return [embedding.value]
        + model.inventory.tokenSlots.map { slot in slot.tokens.flatMap { gradients[$0.variable] } }
    }
    let kept = try bits(recomputing: 0)
    #expect(kept.allSatisfy { $0 != nil })
    #expect(try bits(recomputing: .max) == kept)
  }
}
