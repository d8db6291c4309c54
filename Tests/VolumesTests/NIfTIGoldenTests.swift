import Foundation
import TestKit
import Tensors
import Testing
import Volumes

/// What `files.json` says of a golden file.
struct GoldenImage: Decodable, CustomTestStringConvertible {
  let file: String
  let key: String
  let dtype: String
  let axis_codes: String
  let shape: [Int]

  var testDescription: String { file }
  var path: String { Goldens.path("formats/nifti/\(file)") }

  static let all: [GoldenImage] = {
    let path = Goldens.path("formats/nifti/files.json")
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return (try? JSONDecoder().decode([GoldenImage].self, from: data)) ?? []
  }()
}

/// An array [i, j, k, c] in C order as the values [C, D, H, W] of a volume.
func channelsFirst(_ values: [Double], _ shape: [Int]) -> [Float] {
  let extents = shape + [Int](repeating: 1, count: 4 - shape.count)
  var result: [Float] = []
  for c in 0..<extents[3] {
    for k in 0..<extents[2] {
      for j in 0..<extents[1] {
        for i in 0..<extents[0] {
          let at = ((i * extents[1] + j) * extents[2] + k) * extents[3] + c
          result.append(Float(values[at]))
        }
      }
    }
  }
  return result
}

func largestDifference(_ affine: Affine, _ expected: [Double]) -> Double {
  zip(affine.rows.flatMap { $0 }, expected).map { abs($0 - $1) }.reduce(0, max)
}

struct NIfTIGoldenTests {
  @Test func `all golden files are listed`() { #expect(GoldenImage.all.count == 22) }

  @Test(arguments: GoldenImage.all)
  func `values, grid and orientation are nibabel's`(image: GoldenImage) throws {
    let expected = try Goldens.hdf5("formats/nifti/expected.h5")
    let volume = try Volume.read(image.path)
    #expect(volume.source.datatype == image.dtype)
    #expect(volume.source.header?.dimensions == image.shape)
    #expect(volume.geometry.orientation.codes == image.axis_codes)
    let affine = try expected.doubles("\(image.key)/affine")
    #expect(largestDifference(volume.geometry.affine, affine) < 1e-6)
    let zooms = try expected.doubles("\(image.key)/zooms")
    let stored = Array(volume.source.header?.pixdim.dropFirst().prefix(zooms.count) ?? [])
    #expect(stored == zooms)
    if image.key != "int16_scaled_gz" {
      let raw = try expected.doubles("\(image.key)/raw")
      #expect(volume.voxels.values == channelsFirst(raw, image.shape))
    }
  }

  @Test(arguments: GoldenImage.all)
  func `the canonical image is nibabel's`(image: GoldenImage) throws {
    let expected = try Goldens.hdf5("formats/nifti/expected.h5")
    let canonical = try Volume.read(image.path).canonical
    let shape = try expected.shape("\(image.key)/canonical_data")
    let values = try expected.doubles("\(image.key)/canonical_data")
    #expect(canonical.geometry.orientation == .canonical)
    #expect(canonical.voxels.values == channelsFirst(values, shape))
    let affine = try expected.doubles("\(image.key)/canonical_affine")
    #expect(largestDifference(canonical.geometry.affine, affine) < 1e-6)
  }

  @Test func `two forms that disagree are reported, and the sform is used`() throws {
    let both = try Volume.read(Goldens.path("formats/nifti/oblique_q_and_s.nii"))
    #expect(both.source.warnings.contains { $0.contains("sform and the qform disagree") })
    let plain = try Volume.read(Goldens.path("formats/nifti/int16_ras.nii"))
    #expect(plain.source.warnings.isEmpty)
  }

  @Test(arguments: GoldenImage.all.filter { $0.shape.count < 4 || $0.shape[3] == 1 })
  func `a mask of a golden image keeps its grid field by field`(image: GoldenImage) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let volume = try Volume.read(image.path)
    let canonical = volume.canonical
    let old = try #require(volume.source.header)
    let labels = LabelVolume(
      values: (0..<canonical.geometry.count).map { Int32($0 % 7) },
      geometry: canonical.geometry, source: canonical.source)
    for name in ["mask.nii", "mask.nii.gz"] {
      let path = folder.appendingPathComponent(name).path
      try labels.write(path)
      let back = try LabelVolume.read(path)
      #expect(back.canonical.values == labels.values)
      #expect(back.geometry == volume.geometry)
      let new = try #require(back.source.header)
      #expect(new.dimensions == old.dimensions)
      #expect(new.srow == old.srow && new.quaternion == old.quaternion && new.offset == old.offset)
      #expect(new.qformCode == old.qformCode && new.sformCode == old.sformCode)
      #expect(new.pixdim == old.pixdim && new.units == old.units)
      #expect(new.datatype == .uint8)
    }
  }
}
