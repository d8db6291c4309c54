import Archives
import Exemplars
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// From files into a pack and back into files.
struct UnpackingTests {
  /// The golden NIfTI files, all 22 of which hold an image.
  static let goldens =
    (try? FileManager.default.contentsOfDirectory(atPath: Goldens.path("formats/nifti")))?
    .filter { $0.hasSuffix(".nii") || $0.hasSuffix(".nii.gz") }.sorted() ?? []

  @Test func `there are 22 golden files`() { #expect(Self.goldens.count == 22) }

  /// Packs a folder and unpacks it beside.
  private func roundTrip(
    _ folder: String, kind: DatasetKind = .nifti, format: WrittenFormat? = nil
  ) throws -> String {
    let pack = try pack(Packing(kind: kind, folders: [folder]), in: folder)
    try Unpacking(pack, format: format).write(to: folder + "/back")
    return folder + "/back"
  }

  @Test(arguments: goldens)
  func `a golden NIfTI file keeps voxels, affine and labels`(file: String) throws {
    try Phantom.inFolder(["images", "labels"]) { folder in
      let ending = file.hasSuffix(".gz") ? ".nii.gz" : ".nii"
      let golden = Goldens.path("formats/nifti/\(file)")
      try FileManager.default.copyItem(atPath: golden, toPath: folder + "/images/x" + ending)
      let image = try Volume.read(golden)
      let labels = LabelVolume(
        values: (0..<image.geometry.count).map { Int32($0 * $0 % 5) }, geometry: image.geometry,
        source: image.source)
      try labels.write(folder + "/labels/x" + ending)
      let back = try roundTrip(folder)
      let image2 = try Volume.read(back + "/images/x" + ending)
      #expect(image2.voxels == image.voxels)
      #expect(image2.geometry.extents == image.geometry.extents)
      #expect(image2.geometry.orientation == image.geometry.orientation)
      let apart = image2.geometry.affine.largestDifference(from: image.geometry.affine)
      #expect(apart < 1e-5, "\(apart)")
      let labels2 = try LabelVolume.read(back + "/labels/x" + ending)
      #expect(labels2.values == labels.values)
      #expect(labels2.geometry.difference(from: image.geometry) == nil)
    }
  }

  @Test(arguments: WrittenFormat.allCases.filter { $0 != .png })
  func `all 48 orientations come back as they were`(format: WrittenFormat) throws {
    try Phantom.inFolder(["images", "labels"]) { folder in
      let phantom = Phantom()
      for orientation in NIfTIPackingTests.orientations {
        let name = orientation.codes + ".nii.gz"
        try phantom.write(
          image: folder + "/images/" + name, label: folder + "/labels/" + name, as: orientation)
      }
      let back = try roundTrip(folder, format: format)
      for orientation in NIfTIPackingTests.orientations {
        let name = orientation.codes
        let (old, new) = (
          try Volume.read("\(folder)/images/\(name).nii.gz"),
          try Volume.read("\(back)/images/\(name)\(format.ending)")
        )
        #expect(new.voxels == old.voxels && new.source.datatype == "uint8")
        #expect(new.geometry.affine.largestDifference(from: old.geometry.affine) < 1e-6)
        let labels = try LabelVolume.read("\(back)/labels/\(name)\(format.ending)")
        #expect(labels.values == (try LabelVolume.read("\(folder)/labels/\(name).nii.gz")).values)
        #expect(labels.geometry == new.geometry)
      }
    }
  }

  @Test func `what was unpacked packs again to the same voxels, with the names of labels`() throws {
    for channels in [1, 2] {
      try Phantom.inFolder(["imagesTr", "labelsTr"]) { folder in
        let names = channels == 1 ? #""0": "CT""# : #""0": "FLAIR", "1": "T1""#
        let kind = channels == 1 ? "modality" : "channel_names"
        let labels = #""labels": {"background": 0, "rim \"a\"": 2, "core": 1}"#
        try "{\"\(kind)\": {\(names)}, \(labels)}".write(
          toFile: folder + "/dataset.json", atomically: true, encoding: .utf8)
        for channel in 0..<channels {
          var phantom = Phantom()
          phantom.image = phantom.image.map { $0 * 1.5 - Float(100 * channel) }
          let name = channels == 1 ? "x" : "x_000\(channel)"
          try phantom.write(
            image: "\(folder)/imagesTr/\(name).nii.gz", label: folder + "/labelsTr/x.nii.gz")
        }
        let first = try pack(Packing(kind: .nifti, folders: [folder]), in: folder)
        try Unpacking(first).write(to: folder + "/back")
        let images = try FileManager.default.contentsOfDirectory(atPath: folder + "/back/images")
        #expect(images.count == channels)
        let second = try pack(
          Packing(kind: .nifti, folders: [folder + "/back"]), in: folder + "/back")
        #expect(second.labels == first.labels && second.channels == first.channels)
        #expect(try second.image("x").voxels == first.image("x").voxels)
        #expect(try second.classes("x").values == first.classes("x").values)
      }
    }
  }

  @Test func `merged values are told, chosen cases only are written, a full folder is left alone`()
    throws
  {
    try Phantom.inFolder(["images", "labels"]) { folder in
      for name in ["a", "b"] {
        try Phantom().write(
          image: "\(folder)/images/\(name).nrrd", label: "\(folder)/labels/\(name).mha")
      }
      let map = LabelMap([.init(name: "whole", values: [2, 1])])
      let pack = try pack(Packing(kind: .nifti, folders: [folder], labels: map), in: folder)
      let unpacking = try Unpacking(pack, cases: ["b"])
      #expect(
        unpacking.notes == [
          "The class whole merges the values 1, 2 of the source; it is written as 1."
        ])
      try unpacking.write(to: folder + "/back")
      #expect(
        try FileManager.default.subpathsOfDirectory(atPath: folder + "/back").sorted() == [
          "dataset.json", "images", "images/b.nrrd", "labels", "labels/b.nrrd",
        ])
      #expect(Set(try LabelVolume.read(folder + "/back/labels/b.nrrd").values) == [0, 1])
      #expect(throws: ArchiveError.self) { try unpacking.write(to: folder) }
      #expect(throws: ExemplarError.self) { try Unpacking(pack, cases: ["c"]) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 4)
    }
  }

  @Test
  func
    `a volume becomes a folder of pictures, one a slice; values pictures cannot hold are refused`()
    throws
  {
    try Phantom.inFolder(["images", "labels"]) { folder in
      var phantom = Phantom()
      phantom.labels[5] = 700
      phantom.image[6] = 40000
      let turned = Orientation(axes: [2, 0, 1], reversed: [true, false, true])
      try phantom.write(
        image: folder + "/images/x.nii", label: folder + "/labels/x.nii", as: turned)
      let back = try roundTrip(folder, format: .png)
      let image = try Volume.read(folder + "/images/x.nii")
      let labels = try LabelVolume.read(folder + "/labels/x.nii")
      let plane = image.geometry.extents.x * image.geometry.extents.y
      let names = try FileManager.default.contentsOfDirectory(atPath: back + "/images/x").sorted()
      #expect(names.count == image.geometry.extents.z && names[0] == "x_slice000.png")
      for (slice, name) in names.enumerated() {
        let range = slice * plane..<(slice + 1) * plane
        let picture = try Volume.read("\(back)/images/x/\(name)")
        #expect(picture.voxels.values == Array(image.voxels.values[range]))
        #expect(picture.source.datatype == "uint16")
        #expect(
          try LabelVolume.read("\(back)/labels/x/\(name)").values == Array(labels.values[range]))
      }
      phantom.image[0] = -1
      try phantom.write(image: folder + "/images/x.nii", label: folder + "/labels/x.nii")
      try FileManager.default.removeItem(atPath: back)
      let error = #expect(throws: VolumeError.self) { try roundTrip(folder, format: .png) }
      #expect(error?.description.hasPrefix("\(back)/images/x: a PNG holds whole numbers") == true)
      #expect(error?.description.contains("the voxel [0, 0, 0] is -1.0") == true)
      #expect(!FileManager.default.fileExists(atPath: back))
    }
  }

  @Test func `pictures in colour come back as pictures`() throws {
    try Phantom.inFolder(["images", "masks"]) { folder in
      let image = PNG(
        width: 3, height: 2, channels: 3, depth: 16, samples: (0..<18).map { UInt16($0 * 3000) })
      try AtomicFile.write(image.file, to: folder + "/images/a.png")
      let mask = PNG(width: 3, height: 2, channels: 1, bytes: [0, 1, 1, 0, 0, 1])
      try AtomicFile.write(mask.file, to: folder + "/masks/a.png")
      let back = try roundTrip(folder, kind: .png)
      #expect(try PNG(Data(mapping: back + "/images/a.png"), source: "a") == image)
      #expect(try PNG(Data(mapping: back + "/labels/a.png"), source: "a") == mask)
    }
  }
}
