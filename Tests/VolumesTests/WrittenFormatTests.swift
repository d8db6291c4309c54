import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// Images and labels written in every format, and what is told of them.
struct WrittenFormatTests {
  private static let geometry = Geometry(
    extents: SIMD3(4, 3, 2),
    affine: Affine(
      columns: [SIMD3(0, 0.7, 0.1), SIMD3(-0.9, 0, 0), SIMD3(0, -0.2, 2.5)],
      translation: SIMD3(-12.5, 7.25, 1e-3)))

  @Test(
    arguments: WrittenFormat.allCases.filter { $0 != .png },
    [(1, Float(1), "uint8"), (3, -20, "int16"), (2, 2500, "uint16"), (1, 0.37, "float32")])
  func `an image of several channels comes back exactly, in the smallest type that holds it`(
    format: WrittenFormat, kind: (channels: Int, scale: Float, type: String)
  ) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let values = (0..<24 * kind.channels).map { Float($0 % 26) * kind.scale }
    let image = Volume(
      voxels: Tensor([kind.channels, 2, 3, 4], values), geometry: Self.geometry)
    let stem = folder.appendingPathComponent("x").path
    let path = try image.write(as: format, stem)
    #expect(path == stem + format.ending)
    let back = try Volume.read(path)
    #expect(back.voxels == image.voxels && back.source.datatype == kind.type)
    #expect(back.geometry.difference(from: image.geometry) == nil)
    try image.write(path)
    #expect(try Volume.read(path).source.datatype == "float32")
    #expect(try Volume.read(path).voxels == image.voxels)
  }

  @Test func `a path names its format, and a format the nearest to a file`() {
    #expect(WrittenFormat(path: "a/B.NII.GZ") == .gzippedNIfTI)
    #expect(WrittenFormat(path: "a.nhdr") == nil && WrittenFormat(path: "a.h5") == nil)
    #expect(WrittenFormat.like("a.nii") == .nifti && WrittenFormat.like("a.mhd") == .metaImage)
    #expect(WrittenFormat.like("a.nhdr") == .nrrd && WrittenFormat.like("a.npz") == .gzippedNIfTI)
  }

  @Test(arguments: [("float64.nii", "float64"), ("uint32.nii", "uint32")])
  func `numbers that become others as 32-bit floats are counted`(file: String, type: String) throws
  {
    let golden = try Goldens.hdf5("formats/nifti/expected.h5")
    let raw = try golden.doubles("\(file.dropLast(4))/raw")
    let lost = raw.count { Double(Float($0)) != $0 }
    let worst = raw.map { abs(Double(Float($0)) - $0) }.reduce(0, max)
    let image = try Volume.read(Goldens.path("formats/nifti/\(file)"))
    #expect(image.source.datatype == type)
    let warning = image.source.warnings.first { $0.contains("were rounded") }
    #expect((warning == nil) == (lost == 0))
    if let warning {
      #expect(warning.hasPrefix("\(lost) values stored as \(type)"), "\(warning) \(worst)")
    }
  }

  @Test func `numbers of 32 bits beyond 2^24 are told in NRRD and MetaImage as well`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let numbers: [Int32] = [1, 16_777_217, 16_777_218, -33_554_435]
    let bytes = numbers.withUnsafeBytes { Data($0) }
    let nrrd = "NRRD0004\ntype: int\ndimension: 3\nsizes: 4 1 1\nendian: little\nencoding: raw\n\n"
    let meta = "NDims = 3\nDimSize = 4 1 1\nElementType = MET_INT\nElementDataFile = LOCAL\n"
    for (name, header) in [("a.nrrd", nrrd), ("a.mha", meta)] {
      let path = folder.appendingPathComponent(name)
      try (Data(header.utf8) + bytes).write(to: path)
      let image = try Volume.read(path.path)
      #expect(
        image.source.warnings.contains(
          "2 values stored as int32 do not fit 32-bit floats and were rounded, by up to 1."),
        "\(image.source.warnings)")
    }
  }

  @Test func `grids that differ are told apart by shape, spacing, direction and origin`() {
    let base = Geometry(
      extents: SIMD3(5, 4, 3), affine: Affine(spacing: SIMD3(1, 1, 2), translation: SIMD3(1, 2, 3)))
    func other(_ columns: [SIMD3<Double>], _ place: SIMD3<Double> = SIMD3(1, 2, 3)) -> String? {
      base.difference(
        from: Geometry(
          extents: base.extents, affine: Affine(columns: columns, translation: place)))
    }
    let columns = base.affine.columns
    #expect(other(columns) == nil)
    #expect(
      other([columns[0], columns[1], SIMD3(0, 0, 2.5)])
        == "the spacing is 1 x 1 x 2 mm, not 1 x 1 x 2.5 mm; up to 0.001 mm is allowed")
    #expect(
      other([SIMD3(0.8, 0.6, 0), SIMD3(-0.6, 0.8, 0), columns[2]])
        == "the direction of axis 1 is (1, 0, 0), not (0.8, 0.6, 0); up to 0.001 mm is allowed")
    let flipped = base.rearranged(
      Orientation(axes: [0, 1, 2], reversed: [true, true, false]).toCanonical)
    let words = base.difference(from: flipped) ?? ""
    #expect(words.contains("the axes run RAS, not LPS"))
    #expect(words.contains("both cover the same place"))
    let smaller = Geometry(extents: SIMD3(5, 4, 2), affine: base.affine)
    #expect(base.difference(from: smaller) == "the shape is 5 x 4 x 3, not 5 x 4 x 2")
  }
}
