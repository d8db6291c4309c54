import Adaptation
import Checkpoints
import Foundation
import Inference
import SegmentAnything
import Tensors
import TestKit
import Testing
import Volumes

struct VolumePredictionTests {
  private let preparation = ImagePreparation(
    size: 64, resize: .longestSide, normalise: .percentile, plane: .axial)

  @Test(arguments: ["oblique_q_and_s.nii", "uint8_labels_lps.nii.gz"])
  func `labels come back in the source's grid, with the values of their names`(
    file: String
  ) throws {
    let scan = try Volume.read(Goldens.path("formats/nifti/\(file)"))
    let labels = try prediction(keepsLargest: false).labels(of: scan, case: file)
    #expect(labels.geometry.difference(from: scan.geometry) == nil)
    #expect(labels.values.count == scan.geometry.count)
    #expect(Set(labels.values).isSubset(of: [0, 3, 7]))
    #expect(Set(labels.values).count > 1)
  }

  @Test func `the prediction does not depend on how many threads there are`() throws {
    let scan = try Volume.read(Goldens.path("formats/nifti/oblique_q_and_s.nii"))
    let prediction = try prediction(keepsLargest: false)
    Threads.use(1)
    let one = try prediction.labels(of: scan, case: "scan")
    Threads.use(0)
    #expect(try prediction.labels(of: scan, case: "scan") == one)
  }

  @Test func `keeping the largest component leaves one of each class`() throws {
    let scan = try Volume.read(Goldens.path("formats/nifti/oblique_q_and_s.nii"))
    let labels = try prediction(keepsLargest: true).labels(of: scan, case: "scan")
    for value in Set(labels.values) where value != 0 {
      let own = labels.values.map { $0 == value ? UInt8(1) : 0 }
      #expect(
        Components(of: own, extents: labels.geometry.extents, connectivity: .corners).sizes.count
          == 1)
    }
  }

  @Test func `judged labels are the same labels, with a confidence for each class`() throws {
    let scan = try Volume.read(Goldens.path("formats/nifti/oblique_q_and_s.nii"))
    let prediction = try prediction(keepsLargest: true)
    var marks: [[Int]] = []
    let judged = try prediction.judgedLabels(of: scan, case: "scan", mirrored: true) {
      marks.append([$0, $1])
    }
    #expect(try prediction.labels(of: scan, case: "scan") == judged.labels)
    #expect(judged.confidence.map(\.label) == ["inner", "outer"])
    for row in judged.confidence {
      let isThere = judged.labels.values.contains(Int32(row.value))
      #expect((row.confidence != nil) == isThere)
      #expect((row.parts.flipAgreement != nil) == isThere)
      #expect(row.parts.predictedIoU == nil)
      #expect((0...1).contains(row.confidence ?? 0))
    }
    let slices = Plane.axial.slices(of: scan.canonical.geometry).count
    #expect(marks.last == [2 * slices, 2 * slices])
  }

  @Test func `a prediction that is told to stop stops`() throws {
    struct Stop: Error {}
    let scan = try Volume.read(Goldens.path("formats/nifti/oblique_q_and_s.nii"))
    let prediction = try prediction(keepsLargest: false)
    #expect(throws: Stop.self) {
      try prediction.labels(of: scan, case: "scan") { _, _ in throw Stop() }
    }
  }

  @Test func `a mask is upright: turning the scan turns the prediction`() throws {
    let scan = try Volume.read(Goldens.path("formats/nifti/oblique_q_and_s.nii"))
    let prediction = try prediction(keepsLargest: false)
    let straight = try prediction.labels(of: scan.canonical, case: "scan").canonical
    #expect(try prediction.labels(of: scan, case: "scan").canonical.values == straight.values)
  }

  @Test func `an adapter for prompts segments no volume`() throws {
    let base = try base()
    let plan = Plan(method: .decoderLora, classHeads: nil)
    let model = try AdaptedModel(base: base, plan: plan, using: Random(seed: 1))
    let adapter = Adapter(of: model, preprocessing: try preprocessing(), labels: [])
    #expect(throws: InferenceError.needsPrompts(adapter: "a")) {
      try VolumePrediction(adapter, model: model, name: "a", keepsLargest: false)
    }
  }

  @Test func `an adapter that does not say how images are prepared is refused`() throws {
    let (adapter, model) = try adapted(preprocessing: "{}")
    #expect(throws: InferenceError.preparation(adapter: "a")) {
      try VolumePrediction(adapter, model: model, name: "a", keepsLargest: false)
    }
  }

  @Test func `an image size must be the adapter's`() throws {
    let (adapter, model) = try adapted(preprocessing: preprocessing())
    let same = try VolumePrediction(
      adapter, model: model, name: "a", keepsLargest: false, imageSize: 64)
    #expect(same.preparation == preparation)
    #expect(throws: InferenceError.imageSize(adapter: "a", asked: 96, trained: 64)) {
      try VolumePrediction(
        adapter, model: model, name: "a", keepsLargest: false, imageSize: 96)
    }
  }

  private func base() throws -> Checkpoint {
    try Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))
  }

  private func preprocessing() throws -> String {
    String(decoding: try JSONEncoder().encode(preparation), as: UTF8.self)
  }

  private func adapted(preprocessing: String) throws -> (Adapter, AdaptedModel) {
    let plan = Plan(
      method: .decoderLora, classHeads: ClassHeads(classes: 2, start: .fresh))
    let model = try AdaptedModel(base: base(), plan: plan, using: Random(seed: 5))
    let labels = [Adapter.Label(name: "inner", value: 3), Adapter.Label(name: "outer", value: 7)]
    return (Adapter(of: model, preprocessing: preprocessing, labels: labels), model)
  }

  private func prediction(keepsLargest: Bool) throws -> VolumePrediction {
    let (adapter, model) = try adapted(preprocessing: preprocessing())
    return try VolumePrediction(adapter, model: model, name: "a", keepsLargest: keepsLargest)
  }
}
