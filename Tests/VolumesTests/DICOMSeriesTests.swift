import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// Folders of DICOM files as people have them.
struct DICOMSeriesTests {
  /// A folder with files, removed afterwards.
  private func inFolder(
    _ files: [String: Data], _ body: (String) throws -> Void
  ) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, bytes) in files {
      let path = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try bytes.write(to: path)
    }
    try body(folder.path)
  }

  /// Slices at some heights, their pixels counting from 100 times their number.
  private func slices(
    _ heights: [Double], series: String = "1.2.3",
    _ change: (inout DICOMSample, Int) -> Void = { _, _ in }
  ) -> [String: Data] {
    var files: [String: Data] = [:]
    for (at, z) in heights.enumerated() {
      var slice = DICOMSample.slice(
        series: series, instance: at + 1, z: z, pixels: (0..<12).map { Int16(100 * at + $0) })
      change(&slice, at)
      files["\(series)-\(at)"] = slice.file
    }
    return files
  }

  private func refusal(_ files: [String: Data]) throws -> String {
    var text = ""
    try inFolder(files) { folder in
      let error = #expect(throws: VolumeError.self) { try Volume.read(folder) }
      text = error?.description ?? ""
    }
    return text
  }

  @Test func `files in folders are one series, and others are passed over with a note`() throws {
    var files = slices([0, 2, 4])
    files["deep/er/4.dcm"] =
      DICOMSample.slice(
        instance: 9, z: 6, pixels: [Int16](repeating: 900, count: 12)
      ).file
    files["readme.txt"] = Data("nothing".utf8)
    files["._1.2.3-0"] = Data("junk".utf8)
    var directory = DICOMSample()
    directory.set(0x0004_1130, "CS", "SET")
    files["DICOMDIR"] = directory.file
    try inFolder(files) { folder in
      let volume = try Volume.read(folder)
      #expect(volume.geometry.extents == SIMD3(4, 3, 4))
      #expect(volume.voxels[flat: 0] == 0 && volume.voxels[flat: 36] == 900)
      let notes = volume.source.warnings.joined(separator: " ")
      #expect(notes.contains("DICOMDIR") && notes.contains("readme.txt"))
      #expect(!notes.contains("SECRET"))
    }
  }

  @Test func `the digest is over the files in the order of the slices`() throws {
    try inFolder(slices([4, 2, 0])) { folder in
      let digest = try VolumeFile.digest(of: folder)
      for (at, name) in ["c", "b", "a"].enumerated() {
        try FileManager.default.moveItem(
          atPath: folder + "/1.2.3-\(at)", toPath: folder + "/\(name)")
      }
      #expect(try VolumeFile.digest(of: folder) == digest)
      #expect(digest.count == 64)
    }
  }

  @Test func `a missing slice is an error that says where`() throws {
    let text = try refusal(slices([0, 2.5, 7.5, 10, 12.5]))
    #expect(text.contains("1 slice is missing between 2.5 and 7.5 mm (after 1.2.3-1)"))
    #expect(text.contains("2.5 mm apart"))
    #expect(try refusal(slices([0, 2, 6])).contains("1 slice is missing between 2 and 6 mm"))
  }

  @Test func `uneven slices are an error, nearly even ones a warning`() throws {
    #expect(try refusal(slices([0, 2, 4, 7.1, 9.1])).contains("unevenly spaced"))
    try inFolder(slices([0, 2.05, 4, 6])) { folder in
      let volume = try Volume.read(folder)
      #expect(
        volume.source.warnings.contains { $0.contains("0.05 mm from even distances of 2 mm") })
      #expect(volume.geometry.spacing.z == 2)
    }
  }

  @Test func `a slice that is here twice counts once`() throws {
    var files = slices([0, 2, 4])
    files["copy"] = files["1.2.3-1"]
    try inFolder(files) { folder in
      let volume = try Volume.read(folder)
      #expect(volume.geometry.extents.z == 3)
      #expect(volume.source.warnings.contains { $0.contains("twice") })
    }
  }

  @Test func `echoes of one series are told apart, slices that nothing tells apart refused`() throws
  {
    let text = try refusal(
      slices([0, 2, 0, 2]) { $0.set(0x0018_0086, "IS", $1 < 2 ? "1" : "2") })
    #expect(text.contains("several series") && text.contains("2: CT"))
    #expect(
      try refusal(slices([0, 2, 0, 2])).contains("2 of the 4 slices lie where another one lies"))
  }

  @Test func `of several series one is chosen by its number, and localizers are set aside`() throws
  {
    let files = slices([0, 2, 4]).merging(slices([1, 4], series: "1.2.4")) { one, _ in one }
    try inFolder(files) { folder in
      let error = #expect(throws: VolumeError.self) { try Volume.read(folder) }
      let text = error?.description ?? ""
      #expect(
        text.contains("1: CT, AXIAL, 3 slices of 4 x 3") && text.contains("2: CT, AXIAL, 2 slices"))
      #expect(text.contains("\(folder)#1"))
      let second = try Volume.read("\(folder)#2")
      #expect(second.geometry.spacing.z == 3)
      #expect(throws: VolumeError.self) { try Volume.read("\(folder)#3") }
      let digests = try (1...2).map { try VolumeFile.digest(of: "\(folder)#\($0)") }
      #expect(digests[0] != digests[1])
    }
    let scout = slices([1], series: "1.2.4") { slice, _ in
      slice.set(0x0008_0008, "CS", "ORIGINAL\\PRIMARY\\LOCALIZER")
    }
    try inFolder(slices([0, 2, 4]).merging(scout) { one, _ in one }) { folder in
      let volume = try Volume.read(folder)
      #expect(volume.geometry.extents.z == 3)
      #expect(volume.source.warnings.contains { $0.contains("Localizers") })
    }
  }

  @Test func `the step comes from positions, and of a single slice from what the file says`() throws
  {
    try inFolder(slices([0, 2]) { slice, _ in slice.set(0x0018_0050, "DS", "9") }) { folder in
      #expect(try Volume.read(folder).geometry.spacing.z == 2)
      let single = try Volume.read(folder + "/1.2.3-0")
      #expect(single.geometry.spacing.z == 9 && single.source.warnings.isEmpty)
    }
  }

  @Test func `nothing of the patient leaves the header`() throws {
    try inFolder(slices([0, 2, 5])) { folder in
      let error = #expect(throws: VolumeError.self) { try Volume.read(folder) }
      #expect(error?.description.contains("SECRET") == false)
      let listed = try DICOMFolder(folder)
      #expect(!String(describing: listed.stacks.map(\.summary)).contains("SECRET"))
      #expect(!String(reflecting: listed).contains("SECRET"))
    }
  }
}
