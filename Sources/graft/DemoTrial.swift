import Archives
import Exemplars
import Foundation
import Reports
import Tensors
import Volumes

/// One anatomy of the demo: its scans on disk, and the commands that pack, adapt, predict, evaluate and report.
struct DemoTrial {
  /// A way to adapt, and the model it starts from.
  struct Arm {
    /// The run's folder.
    let name: String
    let method: String
    let weights: String
    let steps: Int
    /// What it is, in a few words.
    let words: String
    /// More settings of the recipe.
    var settings: [String] = []
  }

  let kind: PhantomVolumes.Kind
  /// The folder of everything about this anatomy.
  let folder: String
  let arms: [Arm]
  let scale: DemoScale

  /// The abdomen and the brain, with the same runs: those of the decoder have equal steps, samed fewer, since one of its
  /// steps costs about ten of theirs.
  static func both(
    in out: String, weights: String, control: String, scale: DemoScale
  ) -> [DemoTrial] {
    let decoder = ["augment.variants=2"]
    let arms = [
      Arm(
        name: "decoder-lora", method: "decoder-lora", weights: weights, steps: scale.steps(250),
        words: "low-rank corrections in the mask decoder", settings: decoder),
      Arm(
        name: "decoder-full", method: "decoder-full", weights: weights, steps: scale.steps(250),
        words: "the whole mask decoder", settings: decoder),
      Arm(
        name: "samed", method: "samed", weights: weights, steps: scale.steps(150),
        words: "low-rank corrections in the encoder, and the whole mask decoder",
        settings: [
          "batch=2", "augment.kind=free", "optimizer.rate=0.002", "schedule.name=cosine",
        ]),
      Arm(
        name: "never-trained", method: "decoder-lora", weights: control, steps: scale.steps(250),
        words: "decoder-lora on random weights", settings: decoder),
    ]
    return [.abdomen, .brain].map { kind in
      DemoTrial(kind: kind, folder: "\(out)/\(kind.rawValue)", arms: arms, scale: scale)
    }
  }

  /// The folder's name.
  var name: String { kind.rawValue }

  /// What the page calls it.
  var title: String { kind == .abdomen ? "Abdomen" : "Brain" }

  /// What is asked, in a sentence.
  var question: String {
    let scans =
      kind == .abdomen
      ? "generated CT scans of an abdomen with eight labelled organs"
      : "generated MR scans of a brain (FLAIR, T1 with contrast agent, T2) with a tumour of three labelled parts"
    return
      "Given \(scale.exemplars) \(scans) to learn from, and \(scale.tests) others to be tested on, all of them "
      + "synthetic: which way to adapt the model agrees best with the reference?"
  }

  /// What a demo writes into the folder.
  var contents: [String] {
    ["scans", "scans.h5", "scans.embeddings", "labels.yaml", "test", "masks"] + arms.map(\.name)
  }

  /// The command that packs the scans.
  var pack: [String] {
    [
      "pack", "--dataset", "nifti", "\(folder)/scans", "--out", "\(folder)/scans.h5", "--labels",
      "\(folder)/labels.yaml", "--split", "train=\(scale.exemplars),test=-\(scale.tests)",
    ] + (kind == .abdomen ? ["--window", "-160,240"] : [])
  }

  /// The command that adapts the model.
  func tune(_ arm: Arm) -> [String] {
    let settings = ["budget.steps=\(arm.steps)"] + arm.settings + scale.settings
    return [
      "tune", "--weights", arm.weights, "--pack", "\(folder)/scans.h5", "--method", arm.method,
      "--out", run(arm),
    ] + settings.flatMap { ["--set", $0] }
  }

  /// The commands that come after it.
  func use(_ arm: Arm) -> [[String]] {
    let masks = "\(folder)/masks/\(arm.name)"
    return [
      [
        "predict", "--weights", arm.weights, "--adapter", "\(run(arm))/adapter.safetensors",
        "\(folder)/test/images", "--out", masks, "--keep-largest", "--confidence",
      ],
      [
        "evaluate", "--prediction", masks, "--reference", "\(folder)/test/labels", "--labels",
        "\(folder)/labels.yaml", "--images", "\(folder)/test/images", "--out",
        "\(run(arm))/evaluation", "--brief",
      ],
      ["report", run(arm)],
    ]
  }

  /// The folder of a run.
  func run(_ arm: Arm) -> String { "\(folder)/\(arm.name)" }

  /// Writes images, labels and their names, of the test cases into a folder of their own as well.
  func writeScans() throws {
    let phantoms = PhantomVolumes(kind, seed: 1, extents: scale.extents(of: kind))
    let map = phantoms.labelNames.enumerated().map { "\($1): \($0 + 1)" }
    try AtomicFile.write(
      Data((map.joined(separator: "\n") + "\n").utf8), to: "\(folder)/labels.yaml")
    for subject in 0..<scale.exemplars + scale.tests {
      let (image, labels) = phantoms.subject(subject)
      let name = "subject\(subject < 10 ? "0" : "")\(subject).nii.gz"
      for place in subject < scale.exemplars ? ["scans"] : ["scans", "test"] {
        try shown(image).write("\(folder)/\(place)/images/\(name)")
        try labels.write("\(folder)/\(place)/labels/\(name)")
      }
    }
  }

  /// The channels that a model of three colours takes: all of a CT, of a brain FLAIR, T1 with contrast agent and T2.
  private func shown(_ image: Volume) -> Volume {
    guard image.channels > 3 else { return image }
    let channels = [0, 2, 3].map { image.voxels.sliced(axis: 0, $0..<$0 + 1) }
    return Volume(voxels: .concatenated(channels, axis: 0), geometry: image.geometry)
  }
}

/// How much of everything a demo has.
struct DemoScale {
  let exemplars: Int
  let tests: Int
  /// Settings that every run has.
  let settings: [String]
  private let isRehearsal: Bool

  /// What is shown to people: images as large as the model's own, of which `side` is the side, but no larger than 192.
  static func full(side: Int) -> DemoScale {
    DemoScale(
      exemplars: 5, tests: 10, settings: ["image.size=\(min(side, 192))"], isRehearsal: false)
  }

  /// The least that goes through every command, in seconds.
  static let rehearsal = DemoScale(
    exemplars: 2, tests: 3, settings: ["image.size=64", "augment.variants=1", "batch=1"],
    isRehearsal: true)

  /// The steps of a run that has so many in full.
  func steps(_ full: Int) -> Int { isRehearsal ? 1 : full }

  /// The voxels of the scans.
  func extents(of kind: PhantomVolumes.Kind) -> SIMD3<Int> {
    isRehearsal
      ? SIMD3(28, 24, 9) : kind == .abdomen ? SIMD3(112, 88, 30) : SIMD3(96, 112, 30)
  }
}
