import Adaptation
import Checkpoints
import Inference
import SegmentAnything
import TestKit
import Tensors
import Testing
import Volumes

/// What a user shows a task: it lies where the image's own voxels are, and it decides what it marks.
struct TaskPromptTests {
  private let task: TaskSegmenter
  private let sam: Sam
  private let preparation = ImagePreparation(
    size: 128, resize: .longestSide, normalise: .percentile, plane: .axial)

  init() throws {
    func base() throws -> Checkpoint {
      try Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))
    }
    var random = Random(seed: 3)
    let exemplars = (0..<3).map { index in
      ExampleSlice(
        caseName: "case \(index)", place: nil,
        embedding: randomTensor([64, 32], using: &random),
        classes: (0..<1024).map { UInt8(($0 / 7 + index) % 3) }, grid: 8, count: 3)
    }
    task = TaskSegmenter(
      network: try ExampleSetNetwork(base: base(), token: nil, using: Random(seed: 1)),
      exemplars: exemplars, settings: ExampleSetSettings())
    sam = try Sam(base())
  }

  /// A scan of some slices of 64 x 128 pixels, with axes that run against the canonical ones.
  private func scan(slices: Int) -> Volume {
    var random = Random(seed: 4)
    let geometry = Geometry(
      extents: SIMD3(128, 64, slices), affine: Affine(spacing: SIMD3(-1, 1, 2)))
    return Volume(
      voxels: randomTensor([1] + geometry.shape, using: &random), geometry: geometry)
  }

  private func labels(
    of image: Volume, _ prompt: PixelPrompt, scribble: LabelVolume? = nil, class label: Int
  ) throws -> [Int32] {
    let prompts = try TaskPrompts(
      prompt, scribble: scribble, class: label, of: image, plane: preparation.plane, name: "scan")
    let segmenter = try PromptedTaskSegmenter(
      task, prompts, in: image, preparation: preparation, sam: sam, name: "scan")
    let prediction = VolumePrediction(
      segmenter, preparation: preparation,
      labels: [.init(name: "one", value: 1), .init(name: "two", value: 2)], keepsLargest: false)
    return try prediction.labels(of: image, case: "scan").values
  }

  @Test(arguments: [1, 2])
  func `a point is what it says, in a picture that is stored mirrored`(label: Int) throws {
    let image = scan(slices: 1)
    for (x, y) in [(10, 6), (101, 6), (10, 57), (64, 30)] {
      let point = PixelPrompt.Point(x: Double(x) + 0.5, y: Double(y) + 0.5)
      let shown = try labels(of: image, PixelPrompt(points: [point]), class: label)
      #expect(shown[y * 128 + x] == label, "\(x),\(y)")
      let other = PixelPrompt.Point(x: point.x, y: point.y, isForeground: false)
      let denied = try labels(of: image, PixelPrompt(points: [other]), class: label)
      #expect(denied[y * 128 + x] != label, "\(x),\(y)")
    }
  }

  @Test func `the class stays in its box`() throws {
    let box = PixelPrompt.Box(x0: 20, y0: 12, x1: 60, y1: 40)
    let found = try labels(of: scan(slices: 1), PixelPrompt(box: box), class: 2)
    for (at, value) in found.enumerated() where value == 2 {
      // The logits' cells are 4 pixels wide, and half of one more is between two of them.
      let (x, y) = (at % 128, at / 128)
      #expect((14...65).contains(x) && (6...45).contains(y), "\(x),\(y)")
    }
  }

  @Test func `a scribble marks its slice of a volume`() throws {
    let image = scan(slices: 3)
    var marks = [Int32](repeating: 0, count: image.geometry.count)
    for x in 40..<60 { marks[(2 * 64 + 20) * 128 + x] = 9 }
    let scribble = LabelVolume(values: marks, geometry: image.geometry)
    let found = try labels(of: image, PixelPrompt(), scribble: scribble, class: 1)
    for x in 42..<58 { #expect(found[(2 * 64 + 20) * 128 + x] == 1, "\(x)") }
  }

  @Test func `what is shown of an image that it is not of is refused`() throws {
    let (one, three) = (scan(slices: 1), scan(slices: 3))
    let point = PixelPrompt(points: [.init(x: 5, y: 5)])
    #expect(throws: PromptError.scribbleOnly(path: "scan", slices: 3)) {
      try labels(of: three, point, class: 1)
    }
    #expect(throws: PromptError.self) {
      try labels(of: one, PixelPrompt(points: [.init(x: 129, y: 5)]), class: 1)
    }
    #expect(throws: PromptError.self) {
      try labels(of: one, PixelPrompt(box: .init(x0: 9, y0: 5, x1: 3, y1: 8)), class: 1)
    }
    let scribble = LabelVolume(
      values: [Int32](repeating: 1, count: one.geometry.count), geometry: one.geometry)
    #expect(throws: PromptError.self) {
      try labels(of: three, PixelPrompt(), scribble: scribble, class: 1)
    }
  }

  @Test func `leaving out finds out how much SAM's answer counts`() throws {
    let trial = LeaveOneOut(task.network, exemplars: task.exemplars)
    let found = try #require(trial.promptWeight(task.settings, sam: sam))
    #expect(found.dice > 0 && found.dice <= 1)
    #expect([0, 0.5, 1, 2, 4, 8].contains(found.weight))
    let alone = LeaveOneOut(task.network, exemplars: [task.exemplars[0]])
    #expect(alone.promptWeight(task.settings, sam: sam) == nil)
  }
}
