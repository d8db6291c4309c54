import Archives
import Foundation
import TestKit
import Testing
import Volumes

/// Damaged copies of volumes and label maps, which are read or refused but never crash.
struct MutationTests {
  @Test(arguments: [
    "nifti/int16_ras.nii", "nifti/float32_big_endian.nii.gz", "nifti/nifti2_int32.nii",
    "nifti/oblique_q_and_s.nii", "headed/float32_lps.nrrd", "headed/permuted_sform.nhdr",
    "headed/int16_ras.mha", "headed/uint8_labels_lps.mhd",
  ])
  func `a damaged volume is read or refused`(name: String) throws {
    let path = Goldens.path("formats/\(name)")
    try check(try Data(contentsOf: URL(fileURLWithPath: path)), ending: name.suffix(4))
  }

  @Test(arguments: [1, 2, 3, 4])
  func `a damaged picture is read or refused`(channels: Int) throws {
    let bytes = (0..<35 * channels).map { UInt8($0 * 3 % 256) }
    let picture = PNG(width: 7, height: 5, channels: channels, bytes: bytes)
    try check(picture.file, ending: ".png")
  }

  private func check(_ file: Data, ending: Substring) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("x\(ending)").path
    expectRefusals(of: file, copies: 250) { data in
      try data.write(to: URL(fileURLWithPath: path))
      _ = try Volume.read(path).canonical
      _ = try LabelVolume.read(path).counts
    }
  }

  @Test(arguments: [
    "labels:\n  liver: [1, 2]\n  tumour: 3\n",
    #"{"labels": {"0": "background", "2": "Posterior", "1": "Anterior"}, "modality": {"0": "MRI"}}"#,
  ])
  func `a damaged label map is read or refused`(text: String) {
    expectRefusals(of: Data(text.utf8), copies: 400) { data in
      _ = try LabelMap(yaml: String(decoding: data, as: UTF8.self), path: "x").summary
    }
  }
}
