import Foundation
import TestKit
import Testing

struct InspectTests {
  @Test func `a volume's grid and warnings are told`() throws {
    let run = try ToolRun.graft(
      "inspect", "--json", Goldens.path("formats/nifti/oblique_q_and_s.nii"))
    #expect(run.status == 0)
    let facts = try run.object()
    #expect(facts["kind"] as? String == "volume")
    #expect(facts["format"] as? String == "NIfTI-1")
    #expect(facts["shape"] as? [Int] == [12, 10, 8])
    #expect(facts["orientation"] as? String == "RAS")
    #expect((facts["warnings"] as? [String])?.count == 1)
    #expect(run.error.contains("warning: The sform and the qform disagree"))
  }

  @Test func `labels are counted`() throws {
    let run = try ToolRun.graft(
      "inspect", Goldens.path("formats/nifti/uint8_labels_lps.nii.gz"))
    #expect(
      run.output == """
        kind: volume
        format: NIfTI-1
        datatype: uint8
        shape: 12 10 8
        channels: 1
        spacing mm: 0.8 0.9 2.5
        orientation: LPS
        affine
          -0.8 0 0 30
          0 -0.9 0 25
          0 0 2.5 -40
          0 0 0 1
        range: 0 8
        labels
          0: 107
          1: 112
          2: 107
          3: 107
          4: 93
          5: 108
          6: 87
          7: 114
          8: 125

        """)
  }

  @Test func `a model's tensors are counted and its sizes told`() throws {
    let run = try ToolRun.graft(
      "inspect", "--json", Goldens.path("sam-micro/sam_micro_fp16.pth"))
    let facts = try run.object()
    #expect(facts["parameters"] as? Int == 307852)
    #expect(facts["datatypes"] as? [String] == ["float16"])
    #expect((facts["sha256"] as? String)?.count == 64)
    #expect(facts["kind"] as? String == "model")
    let configuration = try #require(facts["configuration"] as? [String: Any])
    #expect(configuration["image_size"] as? Int == 128)
    #expect(configuration["global_blocks"] as? [Int] == [1, 3])
  }

  @Test func `the data sets of an HDF5 file are listed`() throws {
    let run = try ToolRun.graft("inspect", Goldens.path("metrics/expected.h5"))
    #expect(run.status == 0)
    #expect(run.output.contains("  value: real 64 bit [50, 32]\n"))
  }

  @Test(arguments: [
    ("formats/malformed/gz_truncated.nii.gz", "the compressed data end too early"),
    ("formats/malformed/nii_empty.nii", "the file is empty"),
    ("README.md", "is none of what graft knows"),
    ("metrics", "is none of what graft knows"),
    ("no-such-file.nii", "there is no such file"),
  ])
  func `what cannot be inspected ends with status 3 and a sentence`(
    file: String, reason: String
  ) throws {
    let run = try ToolRun.graft("inspect", Goldens.path(file))
    #expect(run.status == 3)
    #expect(run.output.isEmpty)
    #expect(run.error.hasPrefix("error: ") && run.error.contains(reason))
  }
}
