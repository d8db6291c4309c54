import Exemplars
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

struct SeriesPackingTests {
  private static let goldens = Goldens.path("formats/dicom/series")

  /// Runs `body` in a folder with the series of some goldens as cases, and the folder labels.
  private func withSeries(_ names: [String], _ body: (String) throws -> Void) throws {
    try Phantom.inFolder(["images", "labels"]) { folder in
      for name in names {
        try FileManager.default.copyItem(
          atPath: Self.goldens + "/" + name, toPath: folder + "/images/" + name)
      }
      try body(folder)
    }
  }

  /// Labels of a case in the arrangement of dcm2niix's image: 1 above 500, 2 above 2000.
  private func labels(of name: String) throws -> LabelVolume {
    let image = try Volume.read(Self.goldens + "/\(name).nii")
    return LabelVolume(
      values: image.voxels.values.map { $0 > 2000 ? 2 : $0 > 500 ? 1 : 0 },
      geometry: image.geometry)
  }

  @Test func `a series and the image dcm2niix makes of it give the same pack`() throws {
    let names = ["axial", "coronal", "enhanced", "oblique", "shuffled"]
    try withSeries(names) { folder in
      try Phantom.inFolder(["images", "labels"]) { other in
        for name in names {
          for place in [folder, other] {
            try labels(of: name).write(place + "/labels/\(name).nii.gz")
          }
          try FileManager.default.copyItem(
            atPath: Self.goldens + "/\(name).nii", toPath: other + "/images/\(name).nii")
        }
        let series = try pack(Packing(kind: .dicom, folders: [folder]), in: folder)
        let images = try pack(Packing(kind: .nifti, folders: [other]), in: other)
        #expect(series.cases.map(\.id) == names && series.labels == images.labels)
        for name in names {
          #expect(try series.image(name).voxels == images.image(name).voxels)
          #expect(try series.classes(name).values == images.classes(name).values)
          let (one, two) = (try series.entry(name), try images.entry(name))
          #expect(one.geometry.difference(from: two.geometry) == nil)
          let file = try Volume.read(folder + "/images/" + name)
          #expect(one.sourceGeometry.difference(from: file.geometry) == nil)
          #expect(one.images[0].digest == (try VolumeFile.digest(of: folder + "/images/" + name)))
        }
      }
    }
  }

  @Test func `masks of one class each are joined by the names of their classes`() throws {
    try withSeries(["axial"]) { folder in
      let labels = try labels(of: "axial")
      for (value, name) in [(Int32(1), "spleen"), (2, "liver")] {
        try LabelVolume(
          values: labels.values.map { $0 == value ? 1 : 0 }, geometry: labels.geometry
        ).write(folder + "/labels/axial/\(name).nii.gz")
      }
      let all = try pack(Packing(kind: .dicom, folders: [folder]), in: folder)
      #expect(all.labels.names == ["liver", "spleen"])
      let expected = labels.canonical.values
      #expect(try all.classes("axial").values == expected.map { [0, 2, 1][Int($0)] })
      let map = LabelMap([.init(name: "Spleen", values: [7])])
      let one = try pack(Packing(kind: .dicom, folders: [folder], labels: map), in: folder)
      #expect(try one.classes("axial").values == expected.map { $0 == 1 ? 1 : 0 })
      let missing = LabelMap([.init(name: "kidney", values: [1])])
      let report = try Packing(kind: .dicom, folders: [folder], labels: missing).check()
      #expect(report.errors.map(\.message).joined().contains("no mask kidney"))
    }
  }

  @Test func `a segmentation is the label of its series`() throws {
    try Phantom.inFolder(["images/a", "labels"]) { folder in
      for at in 0..<3 {
        try DICOMSample.slice(
          instance: at, z: Double(2 * at), pixels: [Int16](repeating: Int16(at), count: 12)
        ).file.write(to: URL(fileURLWithPath: folder + "/images/a/\(at)"))
      }
      try DICOMSample.segmentation([(2, 5, (0..<12).map { $0 == 3 })]).file
        .write(to: URL(fileURLWithPath: folder + "/labels/a.dcm"))
      let pack = try pack(Packing(kind: .dicom, folders: [folder]), in: folder)
      #expect(pack.labels.classes == [.init(name: "organ 5", values: [5])])
      #expect(
        try pack.classes("a").restored.values.enumerated().filter { $0.element > 0 }.map(\.offset)
          == [15])
    }
  }

  @Test func `a series without a label, and a label of another grid, are refused`() throws {
    try withSeries(["axial"]) { folder in
      #expect(throws: ExemplarError.self) {
        try Packing(kind: .dicom, folders: [folder]).check().requireSound()
      }
      try labels(of: "oblique").write(folder + "/labels/axial.nii.gz")
      #expect(throws: VolumeError.self) {
        try Packing(kind: .dicom, folders: [folder]).check().requireSound()
      }
    }
  }
}
