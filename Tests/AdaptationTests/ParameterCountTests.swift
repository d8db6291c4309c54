import Adaptation
import Checkpoints
import Layers
import SegmentAnything
import Tensors
import Testing

/// Numbers of parameters that learn, of ViT-B, as their authors give them or as they follow from the layers' widths.
struct ParameterCountTests {
  /// The scalars that learn in the encoder, and those of corrections in the decoder's transformer.
  private static func counts(_ plan: Plan) throws -> (encoder: Int, transformer: Int, all: Int) {
    let shapes = Configuration.vitB.tensors
    let base = Checkpoint(
      shapes.map { ($0.name, Tensor(zeros: $0.shape)) }, source: "zeros of ViT-B")
    let model = try AdaptedModel(base: base, plan: plan, using: Random(seed: 1))
    func count(_ prefix: String) -> Int {
      model.learning.filter { $0.name.hasPrefix(prefix) }.reduce(0) { $0 + $1.value.count }
    }
    return (
      count("image_encoder."), count("mask_decoder.transformer."), model.learningCount
    )
  }

  private static let organs = ClassHeads(classes: 8, start: .fresh)

  /// SAMed: 12 blocks, q and v, A [4, 768] and B [768, 4]; the prompt encoder has 6,220, the decoder of nine masks the
  /// rest.
  @Test func `SAMed of rank 4 trains 147456 parameters in the encoder`() throws {
    let counts = try Self.counts(Plan(method: .samed, classHeads: Self.organs))
    #expect(counts.encoder == 147_456)
    let decoder = counts.all - counts.encoder - 6_220
    #expect((4_700_000..<4_800_000).contains(decoder), "\(decoder)")
  }

  /// SAMed_s: in both layers q and v of 256 to 256 once and of 256 to 128 twice, and a last attention of 256 to 128.
  @Test func `SAMed_s of rank 4 trains 23552 more in place of the decoder's transformer`() throws {
    let counts = try Self.counts(Plan(method: .samedSmall, classHeads: Self.organs))
    #expect(counts.encoder == 147_456)
    #expect(counts.transformer == 23_552)
  }

  /// A layer of K inputs and N outputs has r·(K + N).
  @Test func `every target has its layers' widths times the rank`() throws {
    let width = 768, hidden = 3072, rank = 2
    for (targets, perBlock) in [
      ([Plan.Target.k], 2 * width), ([.out], 2 * width), ([.attention], 4 * 2 * width),
      ([.mlp], 2 * (width + hidden)),
    ] {
      let plan = Plan(
        method: .encoderLora, heads: .frozen, rank: rank, encoderTargets: targets, classHeads: nil)
      let counts = try Self.counts(plan)
      #expect(counts.encoder == 12 * rank * perBlock && counts.all == counts.encoder)
    }
  }

  @Test func `the start of the corrections changes no count`() throws {
    let plans = [nil, Plan.Initialisation.pissa].map {
      Plan(method: .decoderLora, initialisation: $0, classHeads: Self.organs)
    }
    let counts = try plans.map { try Self.counts($0).all }
    #expect(counts[0] == counts[1])
  }
}
