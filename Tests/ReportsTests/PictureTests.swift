import Foundation
import Reports
import Tensors
import Testing
import Volumes

struct PictureTests {
  @Test func `the slice with the largest reference is drawn with both outlines over the image`()
    async throws
  {
    try await inFolder { root in
      let html = try RunFolders.page(try await RunFolders.evaluation(of: ["a"], in: root))
      #expect(html.contains("href=\"data:image/png;base64,iVBOR"))
      #expect(html.contains("Axial slice 3 of 4."))
      // columns 5..<9 and rows 6..<9 from right and front: 11..<15 and 7..<10 as shown
      #expect(
        html.contains("class=\"over\" vector-effect=\"non-scaling-stroke\" d=\"M11 7h4v3h-4z\""))
      #expect(
        html.contains("class=\"over\" vector-effect=\"non-scaling-stroke\" d=\"M10 7h4v3h-4z\""))
      #expect(html.components(separatedBy: "\"number\":").count == 5)
      #expect(html.contains("\"0\": [\"M11 7h4v3h-4z\"], \"1\": [\"M10 7h4v3h-4z\"]"))
    }
  }

  @Test func `best, median and worst cases are chosen by their overlap`() async throws {
    try await inFolder { root in
      let out = try await RunFolders.evaluation(of: ["a", "b", "c", "d"], in: root)
      let html = try RunFolders.page(out)
      for (title, name, number) in [
        ("Best case", "a", 1), ("Median case", "c", 2), ("Worst case", "d", 3),
      ] {
        let start = try #require(html.range(of: "<figure class=\"case\" id=\"case-\(number)\">"))
        let figure = html[start.upperBound...].prefix(400)
        #expect(figure.contains("<h3>\(title)</h3>"), "\(title)")
        #expect(figure.contains("<span class=\"id\">\(name)</span>"), "\(name)")
      }
      #expect(html.contains("<a href=\"#case-3\">d</a>"))
    }
  }

  @Test func `files that moved or changed are named on the page, which is made all the same`()
    async throws
  {
    try await inFolder { root in
      let out = try await RunFolders.evaluation(of: ["a"], in: root)
      try FileManager.default.removeItem(at: root.appendingPathComponent("images/a.nii.gz"))
      let without = try RunFolders.page(out)
      #expect(without.contains("The image is no longer there.") && without.contains("M11 7h4"))
      try Data([1]).write(to: root.appendingPathComponent("predictions/a.nii.gz"))
      let changed = try RunFolders.page(out)
      #expect(changed.contains("the predicted mask has changed since the evaluation"))
      #expect(!changed.contains("application/json") && !changed.contains(root.path))
    }
  }

  @Test func `a volume of noise takes no more than its room in the page`() async throws {
    try await inFolder { root in
      let geometry = Geometry(
        extents: SIMD3(160, 160, 400), affine: Affine(spacing: SIMD3(1, 1, 1)))
      var random = Random(seed: 1)
      let voxels = Tensor(
        [1, 400, 160, 160], (0..<geometry.count).map { _ in Float(random.next() & 0xFFF) })
      let mask = LabelVolume(
        values: (0..<geometry.count).map { index in
          20..<140 ~= index % 160 && 20..<140 ~= index / 160 % 160 ? 1 : 0
        }, geometry: geometry)
      for (folder, name) in [("images", "a"), ("labels", "a"), ("predictions", "a")] {
        try FileManager.default.createDirectory(
          at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
        let path = root.appendingPathComponent("\(folder)/\(name).nii").path
        if folder == "images" {
          try Volume(voxels: voxels, geometry: geometry).write(path)
        } else {
          try mask.write(path)
        }
      }
      let cases = try CaseFiles.matched(
        predictions: [root.appendingPathComponent("predictions").path],
        reference: root.appendingPathComponent("labels").path)
      let out = root.appendingPathComponent("out").path
      let found = try await Evaluator.compared(cases, names: nil, map: nil)
      try Findings(found.evaluation).write(to: out, record: found.record)
      let html = try RunFolders.page(URL(fileURLWithPath: out))
      #expect(html.utf8.count < 15_000_000 && html.contains("of them are kept here"))
    }
  }

  @Test func `an exemplar is drawn with its classes`() throws {
    let geometry = Geometry(extents: SIMD3(20, 16, 4), affine: Affine(spacing: SIMD3(1, 1, 3)))
    let image = Volume(
      voxels: Tensor([1, 4, 16, 20], (0..<geometry.count).map { Float($0) }), geometry: geometry)
    let labels = LabelVolume(
      values: (0..<geometry.count).map { $0 / 320 == 1 && $0 % 20 < 4 ? 2 : 0 }, geometry: geometry)
    let exemplar = Exemplar(
      name: "p<1>", image: image, labels: labels, classes: ["liver", "spleen"], centre: "B")
    var provenance = Provenance()
    provenance.exemplars = [exemplar]
    provenance.classes = ["liver", "spleen"]
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    var run = try Run(folder: RunFolders.run("run", in: root).path)
    run.provenance = provenance
    let html = Page([run], version: "graft 0.1.0").html
    #expect(
      html.contains(">Exemplars</h2>") && html.contains("axial slice 2 of 4, 1 labelled; centre B"))
    #expect(html.contains("p&lt;1&gt;") && html.contains("</svg>spleen</li>"))
    #expect(html.contains("<path class=\"f2\" vector-effect=\"non-scaling-stroke\" d=\"M"))
    #expect(Markup(html).problem == nil)
  }
}
