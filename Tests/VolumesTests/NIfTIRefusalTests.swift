import Archives
import Failures
import Foundation
import TestKit
import Tensors
import Testing
import Volumes

struct NIfTIRefusalTests {
  /// A golden malformed file that must be refused.
  static let refused = [
    "gz_truncated.nii.gz", "gz_bad_crc.nii.gz", "gz_plain_text.nii.gz", "gz_corrupt_deflate.nii.gz",
    "nii_truncated_data.nii", "nii_short_header.nii", "nii_empty.nii", "nii_dim0_zero.nii",
    "nii_dim0_nine.nii", "nii_negative_dim.nii", "nii_huge_dims.nii", "nii_bad_magic.nii",
    "nii_sizeof_hdr.nii", "nii_nan_inter.nii", "nii_bad_datatype.nii", "nii_vox_offset_huge.nii",
    "nii_vox_offset_negative.nii", "nii_nan_sform.nii", "nifti2_huge_dims.nii",
    "nifti2_bad_newline_magic.nii",
  ]

  @Test(arguments: refused)
  func `a damaged file is refused by name`(file: String) {
    let path = Goldens.path("formats/malformed/\(file)")
    let error = #expect(throws: VolumeError.self) { try Volume.read(path) }
    #expect(error?.description.contains(file) == true)
    #expect(error?.kind == .badInput)
    #expect(throws: VolumeError.self) { try LabelVolume.read(path) }
  }

  @Test func `a slope that is NaN means no scaling`() throws {
    let volume = try Volume.read(Goldens.path("formats/malformed/nii_nan_slope.nii"))
    #expect(volume.voxels.values.allSatisfy { $0.isFinite })
  }

  @Test func `distances that are NaN do not matter where there is an sform`() throws {
    let volume = try Volume.read(Goldens.path("formats/malformed/nii_nan_pixdim.nii"))
    #expect(volume.geometry.spacing.x.isFinite && volume.geometry.spacing.y.isFinite)
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("copy.nii").path
    try volume.write(path)
    let back = try Volume.read(path)
    #expect(back.geometry == volume.geometry)
    #expect(back.source.header?.pixdim.allSatisfy { $0.isFinite } == true)
  }

  @Test func `a file cut off anywhere is refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("cut.nii").path
    for name in ["int16_ras.nii", "nifti2_int32.nii", "int16_ras.nii.gz"] {
      let whole = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("formats/nifti/\(name)")))
      for length in 0..<600 {
        try whole.prefix(length).write(to: URL(fileURLWithPath: path))
        #expect(throws: VolumeError.self) { try Volume.read(path) }
      }
    }
  }

  @Test(arguments: ["int16_ras.nii", "nifti2_int32.nii", "oblique_q_only.nii", "neither_form.nii"])
  func `a header with changed bytes gives an error or a sound volume`(name: String) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("changed.nii").path
    let whole = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("formats/nifti/\(name)")))
    let header = name.hasPrefix("nifti2") ? 544 : 352
    var random = Random(seed: 7).split(name)
    for _ in 0..<1500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<header, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      try bytes.write(to: URL(fileURLWithPath: path))
      guard let volume = try? Volume.read(path) else { continue }
      #expect(volume.voxels.count * 8 <= 64 * whole.count)
      let canonical = volume.canonical
      #expect(canonical.geometry.orientation == .canonical)
      #expect(canonical.restored.voxels.count == volume.voxels.count)
    }
  }

  @Test func `a small gzip of a large void is refused at the size its header says`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = URL(fileURLWithPath: Goldens.path("formats/nifti/int8.nii"))
    let bomb = try Data(contentsOf: source) + Data(count: 50_000_000)
    let path = folder.appendingPathComponent("bomb.nii.gz").path
    try Gzip.compressed(bomb).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: VolumeError.self) { try Volume.read(path) }
    #expect(error == .archive(.tooLarge(source: path, limit: 1312)))
  }

  @Test(arguments: [(128, "RGB24"), (32, "complex64")])
  func `foreign datatypes are refused by name`(code: UInt8, name: String) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = URL(fileURLWithPath: Goldens.path("formats/nifti/int8.nii"))
    var bytes = try Data(contentsOf: source)
    bytes[70] = code
    bytes[71] = 0
    let path = folder.appendingPathComponent("foreign.nii").path
    try bytes.write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: VolumeError.self) { try Volume.read(path) }
    #expect(error?.description.contains(name) == true)
  }

  @Test func `a missing file is bad input`() {
    let error = #expect(throws: VolumeError.self) { try Volume.read("/nowhere/scan.nii") }
    #expect(error?.kind == .badInput)
    #expect(error?.description == "/nowhere/scan.nii: cannot be read: there is no such file.")
  }
}
