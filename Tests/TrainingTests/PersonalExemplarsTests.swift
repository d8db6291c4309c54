import Adaptation
import Baselines
import Checkpoints
import Exemplars
import Foundation
import Inference
import SegmentAnything
import Tensors
import TestKit
import Testing
import Training
import Volumes

/// PerSAM from the cases of a pack.
struct PersonalExemplarsTests {
  private static let preparation = ImagePreparation(
    size: 128, resize: .longestSide, normalise: .percentile, plane: .acquired)

  private static func model() throws -> Sam {
    try Sam(Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors")))
  }

  @Test(arguments: [PerSAM.Variant.free, .tuned])
  func `every class of the exemplars is looked for, and predicts volumes in their grid`(
    variant: PerSAM.Variant
  ) throws {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    let pack = try Pack(bench.path("pack.h5"))
    let id = pack.cases[0].id
    let persam = try PersonalExemplars(pack, cases: [id], preparation: Self.preparation)
      .personalised(Self.model(), variant)
    let present = Set(try pack.classes(id).values).subtracting([0])
    for (index, target) in persam.targets.enumerated() {
      #expect((target != nil) == present.contains(Int32(index + 1)))
    }
    #expect(persam.trainedParameters == (variant == .tuned ? 2 * present.count : 0))
    let labels = pack.labels.classes.enumerated().map {
      Adapter.Label(name: $1.name, value: $0 + 1)
    }
    let prediction = VolumePrediction(
      persam, preparation: Self.preparation, labels: labels, keepsLargest: false)
    let image = try pack.image(id)
    let predicted = try prediction.labels(of: image, case: id)
    #expect(predicted.values.count == image.geometry.count)
  }

  @Test func `a stop leaves the classes uncalibrated`() throws {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    let pack = try Pack(bench.path("pack.h5"))
    let persam = try PersonalExemplars(
      pack, cases: [pack.cases[0].id], preparation: Self.preparation, isInterrupted: { true }
    ).personalised(Self.model(), .free)
    #expect(persam.targets.allSatisfy { $0?.threshold == nil })
  }
}
