import Exemplars
import Failures
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

struct NIfTIPackingTests {
  static let orientations = [
    [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0],
  ]
  .flatMap { axes in
    (0..<8).map { bits in
      Orientation(axes: axes, reversed: (0..<3).map { bits >> $0 & 1 == 1 })
    }
  }

  @Test func `all 48 orientations pack to the same voxels and remember their grid`() throws {
    try Phantom.inFolder(["images", "labels"]) { folder in
      let phantom = Phantom()
      for orientation in Self.orientations {
        let name = orientation.codes + ".nii.gz"
        try phantom.write(
          image: folder + "/images/" + name, label: folder + "/labels/" + name, as: orientation)
      }
      let pack = try pack(Packing(kind: .nifti, folders: [folder]), in: folder)
      #expect(pack.cases.count == 48)
      #expect(pack.labels.names == ["1", "2"])
      for entry in pack.cases {
        #expect(try pack.image(entry.id).voxels.values == phantom.image)
        #expect(try pack.classes(entry.id).values == phantom.labels)
        #expect(entry.geometry.difference(from: phantom.geometry) == nil)
        #expect(entry.sourceGeometry.orientation.codes == entry.id)
        let file = try Volume.read(folder + "/images/\(entry.id).nii.gz")
        #expect(entry.sourceGeometry.difference(from: file.geometry) == nil)
        #expect(try pack.image(entry.id).restored.voxels == file.voxels)
      }
    }
  }

  @Test func `NRRD and MetaImage files pack as NIfTI files do`() throws {
    try Phantom.inFolder(["images", "labels"]) { folder in
      let phantom = Phantom()
      let orientation = Orientation(axes: [2, 0, 1], reversed: [true, false, true])
      for (id, image, label) in [
        ("a", "nii.gz", "nii"), ("b", "nrrd", "mha"), ("c", "nii", "nrrd"),
      ] {
        try phantom.write(
          image: "\(folder)/images/\(id).\(image)", label: "\(folder)/labels/\(id).\(label)",
          as: orientation)
      }
      let pack = try pack(Packing(kind: .nifti, folders: [folder]), in: folder)
      #expect(pack.cases.map(\.id) == ["a", "b", "c"])
      for entry in pack.cases {
        #expect(try pack.image(entry.id).voxels.values == phantom.image)
        #expect(try pack.classes(entry.id).values == phantom.labels)
        #expect(entry.geometry.difference(from: phantom.geometry) == nil)
        #expect(entry.sourceGeometry.orientation == orientation)
      }
    }
  }

  /// Packs one phantom after `change` and returns the error.
  private func refusal(
    labels: LabelMap? = nil, _ change: (inout Phantom, String) throws -> Void
  ) throws -> (any Failure)? {
    var found: (any Failure)?
    try Phantom.inFolder(["images", "labels"]) { folder in
      try Phantom().write(image: folder + "/images/b.nii", label: folder + "/labels/b.nii")
      var phantom = Phantom()
      try change(&phantom, folder)
      if !FileManager.default.fileExists(atPath: folder + "/labels/a.nii") {
        try phantom.write(image: folder + "/images/a.nii", label: folder + "/labels/a.nii")
      }
      do {
        _ = try pack(Packing(kind: .nifti, folders: [folder], labels: labels), in: folder)
      } catch let error as any Failure { found = error }
      #expect(!FileManager.default.fileExists(atPath: folder + "/p.h5"))
    }
    return found
  }

  @Test func `a label outside the map is named with its file, value and voxels`() throws {
    let map = LabelMap([.init(name: "one", values: [1, 2])])
    let error = try refusal(labels: map) { phantom, _ in
      phantom.labels[3] = 9
      phantom.labels[4] = 9
    }
    guard case .labels("a", let path, [9: 2], _) = error as? ExemplarError else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path.hasSuffix("labels/a.nii"))
    #expect(error?.description.contains("9 (2 voxels)") == true)
  }

  @Test func `an image that is not finite is refused by its file`() throws {
    let error = try refusal { phantom, _ in phantom.image[7] = .nan }
    guard case .notFinite(let path, _, _, 1) = error as? VolumeError else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path.hasSuffix("images/a.nii"))
  }

  @Test func `image and label of different grids are refused`() throws {
    let error = try refusal { phantom, folder in
      try phantom.write(image: folder + "/images/a.nii", label: folder + "/unused.nii")
      phantom.geometry = Geometry(
        extents: SIMD3(5, 4, 3),
        affine: Affine(spacing: SIMD3(0.8, 1.2, 2), translation: SIMD3(-10, 20, 5.01)))
      try phantom.write(image: folder + "/unused.nii", label: folder + "/labels/a.nii")
    }
    guard case .grids(let one, let other, _) = error as? VolumeError else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(one.hasSuffix("labels/a.nii") && other.hasSuffix("images/a.nii"))
  }

  @Test func `a missing partner is named`() throws {
    try Phantom.inFolder(["images", "labels"]) { folder in
      try Phantom().write(image: folder + "/images/a.nii", label: folder + "/labels/a.nii")
      try Phantom().write(image: folder + "/images/b.nii.gz", label: folder + "/x.nii")
      #expect(
        throws: ExemplarError.missingPartner(
          id: "b", found: "the image \(folder)/images/b.nii.gz",
          missing: "label in \(folder)/labels")
      ) { try Packing(kind: .nifti, folders: [folder]).check().requireSound() }
      try FileManager.default.moveItem(
        atPath: folder + "/images/b.nii.gz", toPath: folder + "/labels/b.nii.gz")
      try FileManager.default.moveItem(
        atPath: folder + "/labels/a.nii", toPath: folder + "/labels/c.nii")
      let report = try Packing(kind: .nifti, folders: [folder]).check()
      #expect(report.errors.flatMap(\.cases) == ["a", "b", "c"] && report.listed == 3)
      #expect(throws: ExemplarError.self) { try report.requireSound() }
      #expect(throws: ExemplarError.self) {
        try Packing(kind: .nifti, folders: [folder + "/images"]).check()
      }
    }
  }

  @Test func `nnU-Net's channels are separate files, the Decathlon's lie in the fourth axis`()
    throws
  {
    try Phantom.inFolder(["imagesTr", "labelsTr"]) { folder in
      let phantom = Phantom()
      let nnUNet = """
        {"channel_names": {"0": "FLAIR", "1": "T1"}, "labels": {"background": 0, "whole": [1, 2], "core": [2]},
         "numTraining": 1, "file_ending": ".nii.gz"}
        """
      try nnUNet.write(toFile: folder + "/dataset.json", atomically: true, encoding: .utf8)
      try phantom.write(
        image: folder + "/imagesTr/x_0000.nii.gz", label: folder + "/labelsTr/x.nii.gz")
      #expect(throws: ExemplarError.self) {
        try Packing(kind: .nifti, folders: [folder]).check().requireSound()
      }
      var other = phantom
      other.image = phantom.image.map { -$0 }
      try other.write(image: folder + "/imagesTr/x_0001.nii.gz", label: folder + "/y.nii.gz")
      let first = try pack(Packing(kind: .nifti, folders: [folder]), in: folder)
      #expect(first.channels == ["FLAIR", "T1"] && first.labels.names == ["1", "2"])
      #expect(try first.image("x").voxels.values == phantom.image + other.image)
      let chosen = try pack(
        Packing(kind: .nifti, folders: [folder], channels: ["t1"]), in: folder)
      #expect(chosen.channels == ["T1"])
      #expect(try chosen.image("x").voxels.values == other.image)
      let version1 = """
        {"modality": {"0": "FLAIR", "1": "T1"}, "labels": {"0": "background", "1": "oedema", "2": "core"}}
        """
      try version1.write(toFile: folder + "/dataset.json", atomically: true, encoding: .utf8)
      let old = try pack(Packing(kind: .nifti, folders: [folder]), in: folder)
      #expect(old.channels == ["FLAIR", "T1"] && old.labels.names == ["oedema", "core"])
      #expect(try old.image("x").voxels.values == phantom.image + other.image)
    }
    try Phantom.inFolder(["imagesTr", "labelsTr"]) { folder in
      let decathlon = """
        {"modality": {"0": "FLAIR", "1": "T1"}, "labels": {"0": "background", "1": "oedema", "2": "core"},
         "numTraining": 1, "training": [{"image": "./imagesTr/x.nii.gz", "label": "./labelsTr/x.nii.gz"}]}
        """
      try decathlon.write(toFile: folder + "/dataset.json", atomically: true, encoding: .utf8)
      try Phantom().write(
        image: folder + "/imagesTr/x.nii.gz", label: folder + "/labelsTr/x.nii.gz", channels: 2)
      try "junk".write(
        toFile: folder + "/imagesTr/._x.nii.gz", atomically: true, encoding: .utf8)
      let pack = try pack(Packing(kind: .nifti, folders: [folder]), in: folder)
      #expect(pack.channels == ["FLAIR", "T1"] && pack.labels.names == ["oedema", "core"])
      #expect(try pack.image("x").voxels.shape == [2, 3, 4, 5])
    }
  }
}
