import Foundation
import TestKit
import Testing
import Volumes

/// DICOM folders through the program.
struct DICOMTests {
  private let series = Goldens.path("formats/dicom/series")

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  @Test func `inspect tells what a series is`() throws {
    let facts = try ToolRun.graft("inspect", "--json", series + "/coronal").object()
    #expect(facts["kind"] as? String == "DICOM series")
    #expect(facts["modality"] as? String == "CT")
    #expect(facts["slices"] as? Int == 4)
    #expect(facts["transfer_syntax"] as? String == "Explicit VR Little Endian")
    #expect(facts["shape"] as? [Int] == [7, 5, 4])
    #expect(facts["orientation"] as? String == "LIP")
  }

  @Test func `inspect lists several series, and one can be chosen`() throws {
    try inFolder { folder in
      for name in ["axial", "tilted"] {
        try FileManager.default.copyItem(atPath: series + "/" + name, toPath: folder + "/" + name)
      }
      let run = try ToolRun.graft("inspect", folder)
      #expect(run.output.contains("2: CT, AXIAL, 4 slices of 7 x 5"))
      let one = try ToolRun.graft("inspect", folder + "#2")
      #expect(one.status == 0 && one.error.contains("tilted gantry"))
      #expect(!(run.output + one.output + one.error).contains("SECRET"))
    }
  }

  @Test func `inspect names the segments of a segmentation`() throws {
    try inFolder { folder in
      try DICOMSample.segmentation([(2, 5, (0..<12).map { $0 == 3 })]).file
        .write(to: URL(fileURLWithPath: folder + "/seg"))
      let facts = try ToolRun.graft("inspect", "--json", folder + "/seg").object()
      #expect(facts["kind"] as? String == "DICOM segmentation")
      #expect(facts["segments"] as? [String: String] == ["5": "organ 5"])
      #expect(facts["labels"] as? [String: Int] == ["0": 11, "5": 1])
    }
  }

  @Test func `a series is one case, its mask NIfTI; a folder of series is several`() throws {
    try inFolder { folder in
      let weights = Goldens.path("sam-micro/sam_micro.pth")
      let flat = folder + "/flat"
      try FileManager.default.createDirectory(atPath: flat, withIntermediateDirectories: true)
      let slice = DICOMSample.slice(
        instance: 1, z: 3, columns: 24, rows: 20, pixels: (0..<480).map { Int16($0 * $0 % 97) })
      try slice.file.write(to: URL(fileURLWithPath: flat + "/1"))
      let run = try ToolRun.graft([
        "predict", "--weights", weights, flat, "--out", folder + "/mask.nii.gz", "--point", "12,10",
      ])
      #expect(run.status == 0, "\(run.error)")
      let mask = try LabelVolume.read(folder + "/mask.nii.gz")
      #expect(mask.geometry.difference(from: try Volume.read(flat).geometry) == nil)
    }
  }

  /// The facts of the compressed golden with a PATH of one folder, and what was left in the folder for temporary files.
  private func compressed(
    path: String, in folder: String
  ) throws -> (run: ToolRun, left: [String]) {
    let temporary = folder + "/tmp"
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    let run = try ToolRun.graft(
      ["inspect", "--json", series + "/jpeg-lossless"],
      environment: ["PATH": path, "TMPDIR": temporary])
    return (run, try FileManager.default.contentsOfDirectory(atPath: temporary))
  }

  @Test func `compressed pixels need a program, which is named`() throws {
    try inFolder { folder in
      let (run, left) = try compressed(path: folder, in: folder)
      #expect(run.status == 3 && left.isEmpty)
      #expect(run.error.contains("JPEG Lossless, First-Order Prediction"))
      #expect(run.error.contains("gdcmconv") && run.error.contains("dcm2niix"))
    }
  }

  @Test(arguments: ["gdcmconv", "dcm2niix"])
  func `compressed pixels come from a program, and nothing is left behind`(name: String) throws {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let program = folders.map { "\($0)/\(name)" }.first(
      where: FileManager.default.isExecutableFile)
    guard let program else { return print("skipped: \(name) is not installed") }
    try inFolder { folder in
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/" + name, withDestinationPath: program)
      let (run, left) = try compressed(path: folder, in: folder)
      #expect(run.status == 0 && left.isEmpty, "\(run.error)")
      let plain = try ToolRun.graft("inspect", "--json", series + "/axial").object()
      let facts = try run.object()
      for name in ["range", "affine", "shape", "datatype"] {
        #expect("\(facts[name] ?? 0)" == "\(plain[name] ?? 1)", "\(name)")
      }
    }
  }

  @Test func `a program that fails is told, and nothing is left behind`() throws {
    try inFolder { folder in
      for name in ["gdcmconv", "dcm2niix"] {
        try Data("#!/bin/sh\nexit 9\n".utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o755], ofItemAtPath: folder + "/" + name)
      }
      let (run, left) = try compressed(path: folder, in: folder)
      #expect(run.status == 3 && left.isEmpty)
      #expect(run.error.contains("gdcmconv: it ended with status 9"))
    }
  }

  @Test func `a damaged series ends with status 3 and a sentence`() throws {
    try inFolder { folder in
      for name in ["IM0000", "IM0001", "IM0003"] {
        try FileManager.default.copyItem(
          atPath: series + "/axial/" + name, toPath: folder + "/" + name)
      }
      let run = try ToolRun.graft("inspect", folder)
      #expect(run.status == 3)
      #expect(run.error.contains("1 slice is missing between"))
    }
  }
}
