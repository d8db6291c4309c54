import Exemplars
import Failures
import Foundation
import TestKit
import Testing
import Volumes

/// Descriptors users write.
struct DescriptorTests {
  private static let example = """
    title: Ours
    layout:
      images: "{split}/{case}/{channel}"
      labels: "{split}/{case}/seg"
      grid: {onto: T2}
    channels: {T1: t1, T2: [t2, t2w]}
    keep: [T2, T1]
    labels:
      ours:
        classes: {tumour: 1, cyst: [2, 3]}
        regions: {all: [1, 2, 3]}
    split:
      path: {a: train, b: test}
    centre: {csv: places.csv, case: id, centre: place}
    window: [0, 100]
    protocol:
      recipe: {image.size: 192}
      convention: default
    """

  @Test func `a descriptor of one's own says everything about its data`() throws {
    try DescribedTree.make { tree in
      for (part, id, value) in [("a", "x1", Float(1)), ("b", "x2", 5)] {
        try tree.image("\(part)/\(id)/t1.nii", value)
        try tree.image("\(part)/\(id)/T2W.nii.gz", value + 1)
        try tree.labels("\(part)/\(id)/seg.nrrd", [1, 2, 3])
      }
      try tree.text("places.csv", "place,id\n\"Ulm, Germany\",x1\nKiel,x9\n")
      try tree.text("my.yaml", Self.example)
      let dataset = try Descriptor.named(tree.folder + "/my.yaml")
      let pack = try tree.pack(dataset)
      #expect(pack.dataset == "my" && pack.channels == ["T2", "T1"])
      #expect(pack.cases.map(\.split) == ["train", "test"])
      #expect(pack.cases.map(\.centre) == ["Ulm, Germany", nil])
      #expect(try pack.firsts("x1") == [2, 1] && pack.counts("x2") == [1: 1, 2: 2])
      #expect(pack.cases[0].window == 0...100)
      let reference = "\(tree.folder)/my.yaml:ours:regions"
      #expect(try Descriptor.labelMap(reference).names == ["all"])
      #expect(
        dataset.evaluation?.options
          == "graft tune --set image.size=192; graft evaluate --convention default")
    }
  }

  @Test func `files that do not fit are told by name`() throws {
    let yaml = """
      layout: {images: "i/{case}", labels: "l/{case}_m"}
      channels: [CT]
      """
    let dataset = try Descriptor(yaml: yaml, path: "my.yaml")
    try DescribedTree.make { tree in
      #expect(try tree.refusal(dataset).contains("expected images as `i/{case}` with labels as"))
      try tree.image("i/a.nii.gz", 0)
      #expect(try tree.refusal(dataset).contains("no label (expected as `l/{case}_m`)"))
      try tree.labels("l/a_m.nii.gz", [1])
      try tree.labels("l/b_m.nii.gz", [1])
      #expect(try tree.refusal(dataset).contains("no image (expected as `i/{case}`)"))
      try tree.image("i/b.nii.gz", 0, channels: 2)
      #expect(try tree.refusal(dataset).contains("it has 2 channels, the descriptor names 1"))
      try tree.image("i/b.nii", 0)
      #expect(try tree.refusal(dataset).contains("Two cases are named b"))
    }
  }

  @Test(arguments: [
    ("layouts: {}", "the key `layouts` is not known here; known are title, source"),
    ("title: x", "the key `layout` is missing"),
    ("layout: {image: x}", "key layout: the key `image` is not known here; known are name, reader"),
    ("layout: {images: \"{case}\"}", "this one has images"),
    ("layout: {images: a, labels: b}", "key layout.images: it needs {case}"),
    ("layout: {images: \"{cas}\", labels: b}", "{cas} is not known; known are {case}"),
    ("layout: {images: \"{case\", labels: b}", "a { has no }"),
    ("layout: {images: \"{case}_{channel}\", labels: \"{case}\"}", "under `channels`"),
    ("layout: {reader: dcm}", "`dcm` is not known; known are nifti"),
    ("layout: {reader: nifti, mask: values}", "`mask` is not for a `reader`"),
    ("layout: [{reader: nifti}]", "needs the key `name`"),
    ("layout: {reader: nifti}\nkeep: [a]", "key keep: it needs the key `channels`"),
    ("layout: {reader: nifti}\nchannels: [a]\nkeep: [b]", "there is no channel `b`"),
    ("layout: {reader: nifti}\nwindow: [3, 1]", "key window: two numbers are expected"),
    ("layout: {reader: nifti}\nlabels: {a: {classes: {x: 1, y: 1}}}", "belongs to several classes"),
    ("layout: {reader: nifti}\nlabels: {a: {classes: {x: 1}, regions: {r: 2}}}", "in no class"),
    ("layout: {reader: nifti, schemes: [b]}\nlabels: {a: {classes: {x: 1}}}", "scheme `b`"),
    ("layout: {reader: nifti}\nsplit: {train: [a]}", "the key `train` is not known here"),
    ("layout: {reader: nifti}\ncentre: {name: \"x*\"}", "it needs {centre}"),
    ("layout: {cases: {a: {image: x}}}", "the keys `image` and `label` are needed"),
    ("layout: {images: \"{case}\", labels: \"{case}_{class}\"}", "{class} needs a label scheme"),
    ("layout: {images: \"*a*b*c*d*e*f*g*{case}*\", labels: \"{case}\"}", "more than 8 places"),
    ("layout: [", "it is no valid YAML"),
    ("", "it does not hold keys and values"),
    ("title: {a: b}\nlayout: {reader: nifti}", "key title: some words are expected"),
  ])
  func `what a descriptor says wrongly is refused with file and key`(
    yaml: String, reason: String
  ) throws {
    do {
      _ = try Descriptor(yaml: yaml, path: "my.yaml")
      Issue.record("accepted: \(yaml)")
    } catch {
      #expect("\(error)".contains("my.yaml") && "\(error)".contains(reason), "\(error)")
    }
  }

  @Test func `no damage to a descriptor ends the program`() throws {
    let text = Array(try String(contentsOfFile: #filePath, encoding: .utf8).utf8)
    let whole = Array(Self.example.utf8)
    for length in 0..<whole.count {
      let part = String(decoding: whole[..<length], as: UTF8.self)
      _ = try? Descriptor(yaml: part, path: "my.yaml")
      var changed = whole
      changed[length] = text[(length * 31) % text.count]
      _ = try? Descriptor(yaml: String(decoding: changed, as: UTF8.self), path: "my.yaml")
    }
  }

  @Test func `a name nobody knows is answered with those there are`() throws {
    let error = #expect(throws: ExemplarError.self) { try Descriptor.named("synapse") }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains("acdc, brats, btcv") == true)
    #expect(try Descriptor.named("nifti") == Descriptor(kind: .nifti))
  }
}
