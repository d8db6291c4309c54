import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// Files that pydicom wrote, with its pixels, and series with the images dcm2niix makes of them.
struct DICOMGoldenTests {
  private static let goldens = Goldens.path("formats/dicom")

  @Test func `every encoding and width of pixels reads as pydicom reads it`() throws {
    let json = try Data(contentsOf: URL(fileURLWithPath: Self.goldens + "/pixels/values.json"))
    let expected = try JSONDecoder().decode([String: [Float]].self, from: json)
    #expect(expected.count == 38)
    for (name, values) in expected {
      let volume = try Volume.read(Self.goldens + "/pixels/" + name)
      #expect(volume.voxels.values == values, "\(name)")
      #expect(volume.geometry.extents == SIMD3(7, 5, 1) && volume.geometry.unit == .pixel)
      #expect(volume.source.format == .dicom)
      let kind = name.dropLast(4).split(separator: "_")[1]
      let stored = ["uint12": "uint16", "int12": "int16", "int20": "int32"][kind] ?? String(kind)
      #expect(volume.source.datatype == stored)
    }
  }

  private static let series = [
    "axial", "sagittal", "coronal", "oblique", "reversed", "shuffled", "slopes", "tilted",
    "enhanced",
  ]

  @Test(arguments: series)
  func `a series is the image dcm2niix makes of it`(name: String) throws {
    let volume = try Volume.read(Self.goldens + "/series/" + name)
    let image = try Volume.read(Self.goldens + "/series/\(name).nii")
    #expect(volume.geometry.extents == SIMD3(7, 5, 4))
    let (mine, theirs) = (volume.canonical, image.canonical)
    #expect(mine.geometry.difference(from: theirs.geometry) == nil)
    #expect(mine.voxels == theirs.voxels)
    #expect(volume.source.warnings.isEmpty == (name != "tilted"))
  }

  @Test func `slices run along the normal, rows and columns as stored`() throws {
    let volume = try Volume.read(Self.goldens + "/series/reversed")
    #expect(volume.geometry.orientation.codes == "LPS")
    #expect(volume.geometry.affine.translation == SIMD3(31.25, -12.5, 40.75))
    #expect(abs(volume.geometry.spacing.z - 2.5) < 1e-9)
  }

  @Test func `labels that run otherwise are turned to their image`() throws {
    let volume = try Volume.read(Self.goldens + "/series/coronal")
    let image = try Volume.read(Self.goldens + "/series/coronal.nii")
    let labels = LabelVolume(
      values: image.voxels.values.map { $0 > 0 ? 1 : 0 }, geometry: image.geometry)
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("labels.nii.gz").path
    try labels.write(path)
    #expect(try LabelVolume.read(path).geometry.difference(from: volume.geometry) != nil)
    let turned = try LabelVolume.read(path, on: volume.geometry)
    #expect(turned.geometry.difference(from: volume.geometry) == nil)
    #expect(turned.values == volume.voxels.values.map { $0 > 0 ? 1 : 0 })
  }

  @Test func `a mask of a series is written in its voxels`() throws {
    let volume = try Volume.read(Self.goldens + "/series/oblique")
    let image = try Volume.read(Self.goldens + "/series/oblique.nii")
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("mask.nii.gz").path
    let canonical = volume.canonical
    try LabelVolume(
      values: canonical.voxels.values.map { $0 > 500 ? 3 : 0 }, geometry: canonical.geometry,
      source: volume.source
    ).write(path)
    let mask = try LabelVolume.read(path).canonical
    #expect(mask.geometry.difference(from: image.canonical.geometry) == nil)
    #expect(mask.values == image.canonical.voxels.values.map { $0 > 500 ? 3 : 0 })
  }

  @Test func `the scan of the liver is as dcm2niix and 3D Slicer have it`() throws {
    guard let data = SharedData.folder("abdomen-ct/dcmqi-ct-3slice") else { return }
    let volume = try Volume.read(data)
    #expect(volume.geometry.extents == SIMD3(512, 512, 3))
    let slicer = try LabelVolume.read(data + "/liver_seg.nrrd")
    let mask = try LabelVolume.read(data + "/liver.dcm", on: volume.geometry)
    #expect(mask.geometry == volume.geometry)
    let same = try LabelVolume.read(data + "/liver_seg.nrrd", on: volume.geometry)
    #expect(same.geometry.difference(from: volume.geometry) == nil)
    #expect(mask.values == same.values)
    let own = try LabelVolume.read(data + "/liver.dcm").canonical
    #expect(own.geometry.difference(from: slicer.canonical.geometry) == nil)
    #expect(own.values == slicer.canonical.values)
  }
}
