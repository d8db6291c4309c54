public import Checkpoints
import SegmentAnything
public import Tensors

/// A tensor of standard normal numbers times `deviation` that depends on its shape and the seed alone.
public func normalTensor(_ shape: [Int], deviation: Float = 1, seed: UInt64 = 17) -> Tensor {
  var random = Random(seed: shape.reduce(seed) { $0 &* 31 &+ UInt64($1) })
  return Tensor(unfilled: shape) { values in
    for at in 0..<shape.product { values[at] = deviation * random.normal() }
  }
}

/// Segment Anything's ViT-B with random weights; its tables of positions are random too, so that none is idle.
public func randomViTB() throws -> Checkpoint {
  let drawn = Configuration.vitB.initialised(using: Random(seed: 3))
  let tables = drawn.names.filter { $0.hasSuffix(".pos_embed") || $0.contains(".attn.rel_pos_") }
  return drawn.replacing(
    try tables.enumerated().map { index, name in
      let shape = try drawn.tensor(name).shape
      return (name, normalTensor(shape, deviation: 0.02, seed: UInt64(index)))
    }, metadata: drawn.metadata)
}
