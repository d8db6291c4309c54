import Testing
import Volumes

struct LabelMapTests {
  private func map(_ yaml: String) throws -> LabelMap { try LabelMap(yaml: yaml, path: "map.yaml") }

  @Test func `classes stand in the order of the map, with merges`() throws {
    let map = try map("whole tumour: [4, 1, 2, 3]\nbackground: 0\nother: 9\n")
    #expect(map.names == ["whole tumour", "other"])
    #expect(map.classes[0].values == [1, 2, 3, 4])
    #expect(map.outputValue(of: 1) == 1 && map.outputValue(of: 2) == 9)
    #expect(try self.map("labels:\n  a: 1\n  b: 2\n").names == ["a", "b"])
  }

  @Test func `data set descriptions of nnU-Net and the Decathlon are understood`() throws {
    let nnunet = try map(
      #"{"channel_names": {"0": "CT"}, "labels": {"background": 0, "liver": [1, 2], "tumour": 2}, "#
        + #""numTraining": 3, "file_ending": ".nii.gz"}"#)
    #expect(nnunet.names == ["liver", "tumour"])
    #expect(nnunet.overlaps)
    let decathlon = try map(
      #"{"modality": {"0": "MRI"}, "labels": {"0": "background", "2": "Posterior", "1": "Anterior"}}"#
    )
    #expect(decathlon.names == ["Anterior", "Posterior"])
    #expect(decathlon.classes.map(\.values) == [[1], [2]])
    #expect(!decathlon.overlaps)
  }

  @Test(arguments: [
    ("a: 1.5", "the class `a` has the value `1.5`"),
    ("a: one", "the class `a` has the value `one`"),
    ("a: {b: 1}", "the class `a` has the value `?`"),
    ("a: [1, 1]", "lists the value 1 twice"),
    ("a: -1", "negative"),
    ("a: [0, 1]", "contains 0"),
    ("a: []", "lists no value"),
    ("background: 0", "no class besides"),
    ("[1, 2]", "something else"),
    ("labels: {a: 1}\ncolours: {a: red}", "`colours` beside `labels` is not known"),
    ("a: 1\na: 2", "YAML"),
    ("{\"1\": x, \"2\": x}", "listed twice"),
    ("a: [1", "no valid YAML"),
    ("", "something else"),
  ])
  func `a map that makes no sense is refused with the reason`(yaml: String, reason: String) {
    let error = #expect(throws: VolumeError.self) { try map(yaml) }
    #expect(error?.description.hasPrefix("map.yaml: ") == true)
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test func `a value in two classes is refused where voxels need one class`() throws {
    let nested = try map("whole: [1, 2, 3]\ncore: [1, 3]")
    let error = #expect(throws: VolumeError.self) { try nested.checkedDisjoint("map.yaml") }
    #expect(
      error?.description.contains("the value 1 belongs to several classes (whole, core)") == true)
  }

  @Test func `labels become classes and go back; a foreign value is named`() throws {
    let geometry = Geometry(
      extents: SIMD3(2, 2, 1), affine: Affine(spacing: SIMD3(1, 1, 1)))
    let map = try map("low: [3, 4]\nhigh: 9")
    let labels = LabelVolume(values: [0, 4, 9, 3], geometry: geometry)
    let classes = try map.classes(of: labels, "case 1")
    #expect(classes == [0, 1, 2, 1])
    #expect(map.labels(of: classes, geometry: geometry).values == [0, 3, 9, 3])
    let wrong = LabelVolume(values: [0, 4, 7, 3], geometry: geometry)
    #expect(
      throws: VolumeError.label(
        path: "case 1", value: "7", voxel: [0, 1, 0],
        reason: "is not in the label map (low: 3+4, high: 9)")
    ) { try map.classes(of: wrong, "case 1") }
  }
}
