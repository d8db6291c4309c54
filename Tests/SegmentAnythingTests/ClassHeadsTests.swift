import Autodiff
import Checkpoints
import SegmentAnything
import Tensors
import TestKit
import Testing

struct ClassHeadsTests {
  @Test(arguments: [ClassHeads.Start.fresh, .copy])
  func `a model for classes has a token more than classes, and says so`(
    start: ClassHeads.Start
  ) throws {
    let heads = ClassHeads(classes: 6, start: start)
    let checkpoint = try heads.applied(to: Micro.checkpoint(), using: Random(seed: 3))
    let model = try Sam(checkpoint)
    #expect(model.configuration.maskTokens == 7)
    #expect(checkpoint.metadata["class_heads"] == "\(start.rawValue) 6")
    let golden = try Micro.forward()
    let prediction = model.masks(of: try Micro.embedding(golden))
    #expect(prediction.masks.shape == [1, 7, 32, 32])
    #expect(prediction.iou.shape == [1, 7])
  }

  @Test func `copied heads start with one mask for all classes`() throws {
    let golden = try Micro.forward()
    let checkpoint = try ClassHeads(classes: 3, start: .copy)
      .applied(to: Micro.checkpoint(), using: Random(seed: 3))
    let prediction = try Sam(checkpoint).masks(of: Micro.embedding(golden))
    let first = prediction.masks.value.sliced(axis: 1, 0..<1)
    for index in 1..<4 {
      let other = prediction.masks.value.sliced(axis: 1, index..<index + 1)
      #expect(difference(other, first) < Tolerance.operation)
      #expect(
        abs(prediction.iou.value[flat: index] - prediction.iou.value[flat: 0])
          < Float(Tolerance.operation))
    }
  }

  @Test func `fresh heads depend on the seed and leave the rest alone`() throws {
    let old = try Micro.checkpoint()
    let heads = ClassHeads(classes: 2, start: .fresh)
    let one = try heads.applied(to: old, using: Random(seed: 1))
    let two = try heads.applied(to: old, using: Random(seed: 2))
    for name in one.names {
      let isNew = ClassHeads.replaces(name)
      #expect(try (one.tensor(name) != two.tensor(name)) == isNew, "\(name)")
      if !isNew { #expect(try one.tensor(name) == old.tensor(name)) }
    }
  }

  @Test func `a checkpoint without its heads cannot be copied from`() throws {
    let key = "mask_decoder.output_hypernetworks_mlps.0.layers.1.bias"
    let checkpoint = try Micro.checkpoint().renamed { $0 == key ? nil : $0 }
    #expect(throws: CheckpointError.missing(key: key, file: checkpoint.source)) {
      try ClassHeads(classes: 2, start: .copy).applied(to: checkpoint, using: Random(seed: 1))
    }
  }
}
