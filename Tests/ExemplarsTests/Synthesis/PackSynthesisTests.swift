import Exemplars
import Foundation
import TestKit
import Tensors
import Testing
import Volumes

/// Packs of exemplars and what was made of them.
struct PackSynthesisTests {
  /// A pack of cases a, b, …, of slices or volumes, the last of which is a test case.
  static func write(_ path: String, cases: Int, depth: Int = 1, splits: Bool = true) throws {
    let labels = LabelMap([
      LabelMap.Class(name: "one", values: [1]), LabelMap.Class(name: "two", values: [2]),
    ])
    let geometry = Geometry(
      extents: SIMD3(32, 28, depth), affine: Affine(spacing: SIMD3(1, 1, 2)))
    try PackWriter.write(to: path, dataset: "test", channels: ["MR"], labels: labels) { pack in
      for index in 0..<cases {
        var sample = SynthesisSample(extents: [depth, 28, 32])
        sample.ellipses[0].centre[2] += 0.03 * Float(index)
        let image = sample.image
        let isTest = index == cases - 1 && cases > 1
        try pack.add(
          PackedCase(
            id: ["a", "b", "c", "d"][index], geometry: geometry, sourceGeometry: geometry,
            images: [.init(name: "x.nii", digest: "0")], labels: [],
            split: splits ? isTest ? "test" : "train" : nil, centre: "here", window: 0...1000),
          image: Volume(
            voxels: image.image.reshaped([1, depth, 28, 32]), geometry: geometry),
          classes: image.label)
      }
    }
  }

  @Test(arguments: [1, 6]) func `the new pack holds the exemplars and the new cases`(
    depth: Int
  ) throws {
    try Phantom.inFolder([]) { folder in
      try Self.write(folder + "/p.h5", cases: 4, depth: depth)
      let pack = try Pack(folder + "/p.h5")
      let synthesis = try PackSynthesis(
        pack, kinds: Synthesis.Kind.allCases, count: 7, seed: 9)
      #expect(synthesis.exemplars.map(\.id) == ["a", "b", "c"])
      #expect(synthesis.notes.isEmpty)
      var steps: [Int] = []
      let (made, sheet) = try synthesis.write(to: folder + "/q.h5") { done, total, _ in
        steps.append(done)
        #expect(total == 10)
      }
      #expect(steps == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      let new = try Pack(folder + "/q.h5")
      #expect(
        new.cases.map(\.id) == [
          "a", "a_synth001", "a_synth002", "a_synth003", "b", "b_synth001", "b_synth002", "c",
          "c_synth001", "c_synth002",
        ])
      #expect(new.cases.allSatisfy { $0.split == "train" && $0.window == 0...1000 })
      #expect(new.labels == pack.labels && new.channels == pack.channels)
      for id in ["a", "b", "c"] {
        #expect(try new.image(id).voxels == (try pack.image(id).voxels))
        #expect(try new.entry(id).origin == nil)
      }
      for item in made {
        let entry = try new.entry(item.id)
        #expect(entry.origin == item.origin && item.origin.seed == 9)
        #expect(entry.geometry == (try pack.entry(item.origin.exemplar)).geometry)
        #expect(try new.image(item.id).voxels != (try pack.image(item.origin.exemplar).voxels))
        #expect(Set(try new.classes(item.id).values) == [0, 1, 2])
      }
      #expect(made.contains { $0.origin.kinds.first == .morph && $0.origin.partner != nil })
      #expect(sheet.width == 7 * 196 && sheet.height == 3 * 196 && sheet.channels == 3)
      // What was synthesised is no exemplar of the next synthesis.
      let again = try PackSynthesis(new, kinds: [.deform], count: 2, seed: 1)
      #expect(again.exemplars.map(\.id) == ["a", "b", "c"])
    }
  }

  @Test func `with one exemplar morphs fall away, and alone they are refused`() throws {
    try Phantom.inFolder([]) { folder in
      try Self.write(folder + "/p.h5", cases: 1, splits: false)
      let pack = try Pack(folder + "/p.h5")
      let all = try PackSynthesis(pack, kinds: Synthesis.Kind.allCases, count: 4, seed: 1)
      #expect(all.notes.count == 1)
      let (made, _) = try all.write(to: folder + "/q.h5")
      #expect(made.allSatisfy { !$0.origin.kinds.contains(.morph) && $0.missed == nil })
      #expect(throws: ExemplarError.self) {
        try PackSynthesis(pack, kinds: [.morph], count: 4, seed: 1)
      }
    }
  }

  @Test func `a pack without exemplars, a name taken and a damaged origin are refused`() throws {
    try Phantom.inFolder([]) { folder in
      try Self.write(folder + "/p.h5", cases: 2)
      let pack = try Pack(folder + "/p.h5")
      _ = try PackSynthesis(pack, kinds: [.deform], count: 1, seed: 1).write(to: folder + "/q.h5")
      let new = try Pack(folder + "/q.h5")
      let made = try new.entry("a_synth001")
      func packed(_ id: String, _ origin: SynthesisOrigin?) -> PackedCase {
        PackedCase(
          id: id, geometry: made.geometry, sourceGeometry: made.geometry, images: [], labels: [],
          origin: origin)
      }
      func write(_ cases: [PackedCase]) throws {
        try PackWriter.write(
          to: folder + "/r.h5", dataset: "test", channels: ["MR"], labels: new.labels
        ) { writer in
          for entry in cases {
            try writer.add(
              entry, image: try new.image("a"),
              classes: try new.classes("a").values.map { UInt8($0) })
          }
        }
      }
      try write([packed("x", made.origin)])
      #expect(throws: ExemplarError.self) {
        try PackSynthesis(try Pack(folder + "/r.h5"), kinds: [.deform], count: 1, seed: 1)
      }
      try write([packed("a", nil), packed("a_synth001", nil)])
      #expect(throws: ExemplarError.self) {
        try PackSynthesis(try Pack(folder + "/r.h5"), kinds: [.deform], count: 1, seed: 1)
      }
    }
  }
}
