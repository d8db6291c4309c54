import Archives
import Exemplars
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// Each data set that comes with graft, as small folders with its real names.
struct BundledDescriptorTests {
  private func brats(
    _ tree: DescribedTree, _ folder: String, _ names: [String], label: String, _ values: [Int32]
  ) throws {
    for (channel, name) in names.enumerated() {
      try tree.image("\(folder)/\(name)", Float(100 * channel))
    }
    try tree.labels("\(folder)/\(label)", values)
  }

  private func brats2021(_ tree: DescribedTree, _ id: String, _ values: [Int32]) throws {
    try brats(
      tree, "HGG/\(id)", ["flair", "t1", "t1ce", "t2"].map { "\(id)_\($0).nii.gz" },
      label: "\(id)_seg.nii.gz", values)
  }

  private func brats2023(_ tree: DescribedTree, _ id: String, _ values: [Int32]) throws {
    try brats(
      tree, id, ["t2f", "t1n", "t1c", "t2w"].map { "\(id)-\($0).nii.gz" },
      label: "\(id)-seg.nii.gz", values)
  }

  @Test func `every descriptor that comes with graft is sound`() throws {
    let names = Descriptor.bundled
    #expect(names.count >= 18 && names.contains("brats") && names.contains("hecktor"))
    for name in names {
      let descriptor = try Descriptor.named(name)
      #expect(descriptor.title != nil && descriptor.source != nil && descriptor.licence != nil)
    }
  }

  @Test func `BraTS up to 2021: three of four modalities, and the scheme the names leave`() throws {
    let dataset = try Descriptor.named("brats")
    try DescribedTree.make { tree in
      try brats2021(tree, "Brats18_CBICA_AAB_1", [1, 2, 4])
      try brats2021(tree, "BraTS20_Training_001", [4, 4])
      let pack = try tree.pack(dataset)
      #expect(pack.channels == ["flair", "t1c", "t2"] && pack.dataset == "brats")
      #expect(pack.labels.classes.map(\.values) == [[1], [2], [4]])
      #expect(try pack.firsts("BraTS20_Training_001") == [0, 200, 300])
      #expect(try pack.entry("Brats18_CBICA_AAB_1").centre == "CBICA")
      #expect(try pack.entry("BraTS20_Training_001").centre == nil)
      #expect(try pack.counts("Brats18_CBICA_AAB_1") == [1: 1, 2: 1, 3: 1])
      let four = try tree.pack(dataset, channels: ["flair", "t1", "t1c", "t2"])
      #expect(try four.firsts("BraTS20_Training_001") == [0, 100, 200, 300])
      let one = try Packing(
        dataset: dataset, folders: [tree.folder + "/HGG/BraTS20_Training_001"]
      ).check()
      #expect(one.cases.map(\.id) == ["BraTS20_Training_001"])
      try tree.remove("HGG/BraTS20_Training_001/BraTS20_Training_001_t1.nii.gz")
      #expect(try tree.refusal(dataset).contains("no file of the channel t1"))
    }
  }

  @Test func `BraTS from 2023 on: values decide between the schemes, or the user`() throws {
    let dataset = try Descriptor.named("brats")
    try DescribedTree.make { tree in
      try brats2023(tree, "BraTS-GLI-00000-000", [1, 2, 3])
      let refusal = try tree.refusal(dataset)
      #expect(refusal.contains("--labels 2023") && refusal.contains("--labels 2024"))
      #expect(try tree.pack(dataset, labels: "2023").labels.names.last == "enhancing tumour")
      try brats2023(tree, "BraTS-GLI-02062-100", [3, 4])
      let pack = try tree.pack(dataset)
      #expect(pack.labels.names.last == "resection cavity" && pack.channels.count == 3)
      #expect(try tree.refusal(dataset, labels: "2023").contains("labels outside the map: 4"))
      #expect(try tree.refusal(dataset, labels: "2022").contains("2021, 2023, 2024, 2013"))
    }
  }

  @Test func `BraTS of two namings is refused, and 2013's two modalities are enough`() throws {
    let dataset = try Descriptor.named("brats")
    try DescribedTree.make { tree in
      try brats(
        tree, "brats_2013_pat0005_1", ["Flair_x.nii.gz", "T1c_x.nii.gz"],
        label: "OTMultiClass.nii.gz", [1, 2, 3, 4])
      let pack = try tree.pack(dataset)
      #expect(pack.channels == ["flair", "t1c"] && pack.labels.names.count == 4)
      #expect(try dataset.images(in: tree.folder).map(\.id) == ["brats_2013_pat0005_1"])
      try tree.remove("out")
      try brats2023(tree, "BraTS-GLI-00000-000", [1, 2, 3])
      #expect(try tree.refusal(dataset).contains("pack them one by one"))
    }
  }

  @Test func `BraTS's regions overlap and are there for the evaluation`() throws {
    let regions = try Descriptor.labelMap("brats:2021:regions")
    #expect(regions.names == ["WT", "TC", "ET"] && regions.overlaps)
    #expect(regions.classes.map(\.values) == [[1, 2, 4], [1, 4], [4]])
    #expect(try Descriptor.labelMap("brats:2024").names.count == 4)
    for wrong in ["brats:2022", "brats:2021:classes", "none:2021", "btcv:organs8:regions"] {
      #expect(throws: ExemplarError.self) { try Descriptor.labelMap(wrong) }
    }
  }

  @Test func `BTCV: 13 organs or 8, the published split, scans without labels left out`() throws {
    let dataset = try Descriptor.named("btcv")
    try DescribedTree.make { tree in
      for id in ["0005", "0001"] {
        try tree.image("RawData/Training/img/img\(id).nii.gz", Float(Int(id) ?? 0))
        try tree.labels("RawData/Training/label/label\(id).nii.gz", (1...13).map { $0 })
      }
      try tree.image("RawData/Testing/img/img0061.nii.gz", 0)
      #expect(try tree.refusal(dataset).contains("--labels organs8"))
      let all = try tree.pack(dataset, labels: "organs13")
      #expect(all.cases.map(\.split) == ["test", "train"] && all.cases[0].window == -125...275)
      #expect(try all.counts("0005").count == 13)
      let eight = try tree.pack(dataset, labels: "organs8")
      #expect(eight.labels.names.first == "aorta" && eight.labels.background == [5, 9, 10, 12, 13])
      #expect(try eight.counts("0001") == Dictionary(uniqueKeysWithValues: (1...8).map { ($0, 1) }))
      let notes = try Packing(dataset: dataset, folders: [tree.folder]).check().notes
      #expect(notes.contains { $0.contains("1 images without a label are left out") })
      #expect(notes.contains { $0.contains("names 18 cases; 17 of them are not here") })
    }
  }

  @Test func `TransUNet's two label orders must be told`() throws {
    let dataset = try Descriptor.named("transunet")
    let golden = Packing(dataset: dataset, folders: [Goldens.path("formats/transunet")])
    let report = try golden.check()
    #expect(
      report.errors.contains { $0.message.contains("do not tell which label scheme") }
        || report.errors.contains { $0.message.contains("no label scheme") })
    #expect(dataset.scheme("samed")?.classes.names.first == "spleen")
    #expect(dataset.scheme("transunet")?.classes.names.first == "aorta")
  }

  @Test(arguments: ["CHUM_001", "CHUM-001"])
  func `HECKTOR 2022: PET on the CT's grid, either spelling of the label`(label: String) throws {
    let dataset = try Descriptor.named("hecktor")
    let wide = Geometry(
      extents: SIMD3(4, 4, 3),
      affine: Affine(spacing: SIMD3(1.6, 2.4, 2), translation: SIMD3(-10, 20, 5)))
    try DescribedTree.make { tree in
      try tree.image("imagesTr/CHUM-001__CT.nii.gz", 0)
      try tree.image("imagesTr/CHUM-001__PT.nii.gz", 500, geometry: wide)
      try tree.labels("labelsTr/\(label).nii.gz", [1, 2, 2])
      let pack = try tree.pack(dataset)
      let entry = try pack.entry("CHUM-001")
      #expect(pack.channels == ["CT", "PT"] && entry.centre == "CHUM")
      #expect(entry.geometry.extents == Phantom.geometry.extents)
      let image = try pack.image("CHUM-001").restored
      // Two of the CT's voxels are one of the PET's: the second lies halfway between the first two.
      #expect(image.voxels.values[60..<63].elementsEqual([500, 500.5, 501]))
      #expect(try pack.counts("CHUM-001") == [1: 1, 2: 2])
      #expect(try dataset.images(in: tree.folder)[0].volume().voxels == image.voxels)
    }
  }

  @Test func `HECKTOR 2025: a folder a case, the label taken to the CT's grid`() throws {
    let dataset = try Descriptor.named("hecktor")
    let fine = Geometry(
      extents: SIMD3(10, 8, 3),
      affine: Affine(spacing: SIMD3(0.4, 0.6, 2), translation: SIMD3(-10, 20, 5)))
    try DescribedTree.make { tree in
      try tree.image("Task 1/MDA-007/MDA-007__CT.nii.gz", 0)
      try tree.image("Task 1/MDA-007/MDA-007__PT.nii.gz", 7)
      try tree.image("Task 2/MDA-008/MDA-008__CTPlanning.nii.gz", 7)
      try tree.labels("Task 1/MDA-007/MDA-007.nii.gz", [2, 1, 1, 1], geometry: fine)
      let pack = try tree.pack(dataset)
      #expect(pack.cases.map(\.centre) == ["MDA"])
      #expect(try pack.counts("MDA-007") == [1: 2])
    }
  }

  @Test func `ACDC: frames as files, or out of the 4-D file`() throws {
    let dataset = try Descriptor.named("acdc")
    try DescribedTree.make { tree in
      for (part, id, value) in [("training", "patient001", Float(0)), ("testing", "patient101", 7)]
      {
        try tree.image("\(part)/\(id)/\(id)_4d.nii.gz", value, channels: 12)
        for frame in ["01", "12"] {
          let stem = "\(part)/\(id)/\(id)_frame\(frame)"
          try tree.image("\(stem).nii.gz", value + Float(1000 * ((Int(frame) ?? 1) - 1)))
          try tree.labels("\(stem)_gt.nii.gz", [1, 2, 3])
        }
      }
      let files = try tree.pack(dataset)
      #expect(files.cases.map(\.split) == ["train", "train", "test", "test"])
      for id in ["patient001", "patient101"] {
        let part = id == "patient001" ? "training" : "testing"
        for frame in ["01", "12"] { try tree.remove("\(part)/\(id)/\(id)_frame\(frame).nii.gz") }
      }
      let whole = try tree.pack(dataset)
      #expect(whole.cases.map(\.id) == files.cases.map(\.id))
      #expect(whole.cases.map(\.split) == files.cases.map(\.split))
      for id in ["patient001_frame01", "patient101_frame12"] {
        #expect(try whole.image(id).voxels == files.image(id).voxels)
      }
      try tree.image("training/patient002/patient002_4d.nii.gz", 3, channels: 2)
      #expect(try tree.refusal(dataset).contains("The case patient002 has the image"))
      try tree.remove("training/patient002/patient002_4d.nii.gz")
      try tree.labels("training/patient001/patient001_frame13_gt.nii.gz", [1])
      #expect(try tree.refusal(dataset).contains("it holds 12 images; number 13"))
    }
  }

  @Test func `nuclei: all masks of a picture are one class`() throws {
    try DescribedTree.make { tree in
      let colours = PNG(
        width: 2, height: 2, channels: 4, bytes: (0..<16).map { UInt8($0 % 4 == 3 ? 255 : $0) })
      try tree.bytes("abc/images/abc.png", colours.file)
      for (name, bytes) in [("1", [255, 0, 0, 0]), ("2", [0, 0, 0, 255])] as [(String, [UInt8])] {
        try tree.bytes(
          "abc/masks/\(name).png", PNG(width: 2, height: 2, channels: 1, bytes: bytes).file)
      }
      let pack = try tree.pack(try Descriptor.named("dsb2018"))
      #expect(pack.channels == ["red", "green", "blue"] && pack.labels.names == ["nucleus"])
      #expect(try pack.classes("abc").restored.values == [1, 0, 0, 1])
      #expect(try pack.image("abc").restored.voxels.values.prefix(4) == [0, 4, 8, 12])
      #expect(pack.cases[0].labels.count == 2)
    }
  }

  @Test func `TotalSegmentator: a mask for each structure, which must not overlap`() throws {
    let dataset = try Descriptor.named("totalsegmentator")
    try DescribedTree.make { tree in
      try tree.image("s0001/ct.nii.gz", 0)
      try tree.labels("s0001/segmentations/aorta.nii.gz", [1, 1])
      try tree.labels("s0001/segmentations/vertebrae_T12.nii.gz", [0, 0, 1])
      try tree.labels("s0001/segmentations/unknown.nii.gz", [1])
      let report = try Packing(dataset: dataset, folders: [tree.folder]).check()
      #expect(report.cases[0].labels == ["0": 57, "32": 1, "52": 2])
      #expect(report.notes.contains { $0.contains("1 more files play no part: s0001") })
      try tree.labels("s0001/segmentations/liver.nii.gz", [0, 1])
      #expect(try tree.refusal(dataset).contains("1 of its voxels belong to another class's mask"))
    }
  }
}
