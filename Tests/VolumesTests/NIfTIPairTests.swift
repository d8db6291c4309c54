import Foundation
import TestKit
import Testing
import Volumes

struct NIfTIPairTests {
  /// A golden file taken apart into a header and an image file.
  private func pair(in folder: URL) throws -> (header: String, whole: Data) {
    let whole = try Data(
      contentsOf: URL(fileURLWithPath: Goldens.path("formats/nifti/int16_ras.nii")))
    var header = Data(whole.prefix(348))
    header.replaceSubrange(344..<348, with: Data("ni1\0".utf8))
    header.replaceSubrange(108..<112, with: Data(count: 4))
    let path = folder.appendingPathComponent("scan.hdr").path
    try header.write(to: URL(fileURLWithPath: path))
    return (path, whole)
  }

  @Test func `a header and its image file are one volume`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let (path, whole) = try pair(in: folder)
    try whole.dropFirst(352).write(to: folder.appendingPathComponent("scan.img"))
    let volume = try Volume.read(path)
    let single = try Volume.read(Goldens.path("formats/nifti/int16_ras.nii"))
    #expect(volume.voxels == single.voxels)
    #expect(volume.geometry == single.geometry)
    let copy = folder.appendingPathComponent("copy.nii").path
    try volume.write(copy)
    #expect(try Volume.read(copy).voxels == single.voxels)
  }

  @Test func `a header without its image file is refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let (path, _) = try pair(in: folder)
    let error = #expect(throws: VolumeError.self) { try Volume.read(path) }
    #expect(error?.description.contains("scan.img") == true)
  }
}
