import Checkpoints
import Foundation
import SegmentAnything
import Tensors
import TestKit
import Testing

struct ConfigurationTests {
  private let micro = Configuration(
    imageSize: 128, width: 64, depth: 4, heads: 4, mlpWidth: 256, window: 5,
    globalBlocks: [1, 3], promptWidth: 32, crossWidth: 16, decoderMLPWidth: 64,
    qualityWidth: 32)

  @Test func `the sizes are read off the shapes`() throws {
    #expect(try Configuration(of: Micro.checkpoint()) == micro)
  }

  @Test func `the list of tensors is the checkpoint's, in its order`() throws {
    let checkpoint = try Micro.checkpoint("sam_micro.pth")
    #expect(micro.tensors.map(\.name) == checkpoint.names)
    for tensor in micro.tensors { #expect(checkpoint.shape(of: tensor.name) == tensor.shape) }
  }

  @Test func `the decoder's heads come from the caller, the metadata, or are 8`() throws {
    let checkpoint = try Micro.checkpoint()
    #expect(try Configuration(of: checkpoint).decoderHeads == 8)
    #expect(try Configuration(of: checkpoint, decoderHeads: 2).decoderHeads == 2)
    let stated = checkpoint.replacing([], metadata: ["decoder_heads": "4"])
    #expect(try Configuration(of: stated).decoderHeads == 4)
    #expect(
      throws: ConfigurationError.decoderHeads(3, width: 32, file: checkpoint.source)
    ) { try Configuration(of: checkpoint, decoderHeads: 3) }
    let damaged = checkpoint.replacing([], metadata: ["decoder_heads": "many"])
    #expect(
      throws: ConfigurationError.decoderHeads(0, width: 32, file: checkpoint.source)
    ) { try Configuration(of: damaged) }
  }

  @Test func `a random model has these sizes, and other bits for another seed`() throws {
    let one = micro.initialised(using: Random(seed: 1))
    #expect(try Sam(one).configuration == micro)
    let name = "mask_decoder.mask_tokens.weight"
    #expect(try one.tensor(name) == micro.initialised(using: Random(seed: 1)).tensor(name))
    #expect(try one.tensor(name) != micro.initialised(using: Random(seed: 2)).tensor(name))
    let bound = 1 / Float(64).squareRoot()
    let weights = try one.tensor("image_encoder.blocks.0.attn.qkv.weight").values
    #expect(weights.allSatisfy { abs($0) <= bound })
    #expect(weights.contains { abs($0) > 0.9 * bound })
    #expect(try one.tensor("image_encoder.neck.1.weight").values.allSatisfy { $0 == 1 })
  }

  @Test func `a configuration survives JSON`() throws {
    let data = try JSONEncoder().encode(micro)
    #expect(try JSONDecoder().decode(Configuration.self, from: data) == micro)
  }
}

struct StrictnessTests {
  @Test func `a missing tensor is named`() throws {
    let key = "mask_decoder.iou_token.weight"
    let checkpoint = try Micro.checkpoint().renamed { $0 == key ? nil : $0 }
    #expect(throws: CheckpointError.missing(key: key, file: checkpoint.source)) {
      try Sam(checkpoint)
    }
  }

  @Test func `a tensor that tells a size is missed with a hint`() throws {
    let key = "image_encoder.pos_embed"
    let checkpoint = try Micro.checkpoint().renamed { $0 == key ? nil : $0 }
    #expect(throws: ConfigurationError.missing(key: key, file: checkpoint.source)) {
      try Sam(checkpoint)
    }
  }

  @Test func `a tensor too many is named`() throws {
    let checkpoint = try Micro.checkpoint().replacing([("classifier.weight", Tensor(zeros: [2]))])
    #expect(
      throws: CheckpointError.unused(keys: ["classifier.weight"], file: checkpoint.source)
    ) { try Sam(checkpoint) }
  }

  @Test func `a misshapen tensor is named with both shapes`() throws {
    let key = "image_encoder.blocks.2.mlp.lin2.weight"
    let checkpoint = try Micro.checkpoint().replacing([(key, Tensor(zeros: [64, 255]))])
    #expect(
      throws: CheckpointError.shape(
        key: key, expected: [64, 256], found: [64, 255], file: checkpoint.source)
    ) { try Sam(checkpoint) }
  }

  @Test func `tables of relative positions must agree on one window`() throws {
    let key = "image_encoder.blocks.2.attn.rel_pos_h"
    let checkpoint = try Micro.checkpoint().replacing([(key, Tensor(zeros: [7, 16]))])
    #expect(throws: ConfigurationError.self) { try Sam(checkpoint) }
  }
}
