import Foundation
import Metrics
import Reports
import TestKit
import Testing

struct EvaluationFileTests {
  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("file").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try body(path)
  }

  private var rich: Findings {
    let mask = Mask(extents: [4, 5, 6], spacing: [3, 2, 1]) { $0 % 7 < 3 }
    let other = Mask(extents: [4, 5, 6], spacing: [3, 2, 1]) { $0 % 5 < 2 }
    let empty = Mask(empty: [4, 5, 6], spacing: [3, 2, 1])
    let scoring = Scoring(tolerances: [0.5, 5], lesions: .men, perSlice: true)
    func row(_ prediction: String, _ name: String, _ one: Mask, _ other: Mask) -> Evaluation.Row {
      Evaluation.Row(
        prediction: prediction, name: name, label: .name("WT"),
        scores: Scores(
          prediction: one, reference: other, scoring: scoring,
          slices: SliceOverlaps(prediction: one, reference: other, axis: 0),
          lesions: LesionScores(prediction: one, reference: other, rules: .meningioma)))
    }
    let rows = ["x", "y"].flatMap { prediction in
      [
        row(prediction, "a", mask, other), row(prediction, "b", other, mask),
        row(prediction, "c", empty, mask), row(prediction, "d", empty, empty),
      ]
    }
    let evaluation = Evaluation(
      scoring: scoring, spacingUnit: "mm", rows: rows, seed: 7, centres: ["a": "one", "b": "two"],
      confidences: [
        Confidence(
          prediction: "x", name: "a", label: nil, value: 0.5, parts: ["predicted_iou": 0.25],
          isFlagged: true),
        Confidence(
          prediction: "x", name: "b", label: .name("WT"), value: nil, isFlagged: false),
      ])
    return Findings((try? evaluation.under(.brats2023)) ?? evaluation)
  }

  @Test func `everything an evaluation holds comes back from its file`() throws {
    let findings = rich
    #expect(findings.evaluation.policy == .brats2023)
    try withFile(findings.json) { path in
      let read = try Evaluation(contentsOf: path)
      #expect(read == findings.evaluation)
      #expect(Findings(read).json == findings.json)
      #expect(Findings(read).markdown == findings.markdown)
    }
    #expect(findings.markdown.contains("rules of BraTS 2023 (MEN)"))
    for line in findings.table.split(separator: "\n") {
      #expect(line.count <= 120, "\(line)")
    }
  }

  @Test func `a file of before has fewer measures and reads`() throws {
    let text = """
      {"convention": "default", "spacing_unit": "mm", "cases": [
        {"case": "a", "label": 1, "dice": 0.5, "iou": 0.4, "hd": 3.0, "hd95_max": 2.0, "hd95_pooled": 2.0,
         "assd": 1.0, "nsd_1mm": 0.9, "nsd_2mm": 1.0, "volume_prediction": 8.0, "volume_reference": 16.0,
         "status": "ok"},
        {"case": "b", "label": 1, "dice": 0.0, "iou": 0.0, "hd": null, "hd95_max": null, "hd95_pooled": null,
         "assd": null, "nsd_1mm": null, "nsd_2mm": null, "volume_prediction": 0.0, "volume_reference": 16.0,
         "status": "prediction_empty"}], "summary": []}
      """
    try withFile(text) { path in
      let read = try Evaluation(contentsOf: path)
      #expect(read.policy == .strict && read.rows.count == 2)
      #expect(!read.measures.contains(.precision) && read.measures.contains(.volumeError))
      #expect(read.rows[0].scores[.relativeVolumeError] == -0.5)
      #expect(read.scoring.tolerances == [1, 2])
      #expect(throws: ReportError.self) { try read.under(.penalise) }
    }
  }

  @Test func `damaged files are refused, whatever is torn off or changed`() throws {
    let text = rich.json
    for length in stride(from: 0, to: text.utf8.count - 2, by: text.utf8.count / 60) {
      try withFile(String(decoding: text.utf8.prefix(length), as: UTF8.self)) { path in
        #expect(throws: ReportError.self) { try Evaluation(contentsOf: path) }
      }
    }
    let lies = [
      (#""policy": "brats2023""#, #""policy": "mean""#),
      (#""policy": "brats2023""#, #""policy": "transunet""#),
      (#""seed": 7"#, #""seed": -1"#), (#""lesions": "men""#, #""lesions": null"#),
      (#""status": "ok""#, #""status": "fine""#), (#""case": "b""#, #""case": "a""#),
      (#"{"prediction": "x", "case": "a""#, #"{"case": "a""#),
      (#""convention": "default""#, #""convention": "transunet""#),
      (#""dice": 0"#, #""dice": "0"#), (#""volume_prediction": "#, #""volume_prediction": 1e999"#),
      (#""lesion_tp": 0"#, #""lesion_tp": 1e90"#), (#""lesion_fp": 0"#, #""lesion_fp": 0.5"#),
      (#""volume_prediction": "#, #""nsd_9mm": 1e150, "volume_prediction": "#),
    ]
    for (old, new) in lies {
      #expect(text.contains(old), "\(old)")
      try withFile(text.replacingOccurrences(of: old, with: new)) { path in
        #expect(throws: ReportError.self, "\(new)") { try Evaluation(contentsOf: path) }
      }
    }
  }

  @Test func `a table of centres may quote, use semicolons and hold more columns`() throws {
    let texts = [
      "case,centre\na.nii.gz,X\nb,\"Y, \"\"west\"\"\"\nc,\n",
      "\u{FEFF}Case;age;Centre\r\na;60;X\r\n\r\nb;61;\"Y, \"\"west\"\"\"\r\n",
      "center\tcase\nX\ta\nY, \"\"\"\"west\"\"\"\"\tb",
    ]
    for (index, text) in texts.enumerated() {
      try withFile(text) { path in
        let found = try CentreTable.read(path)
        #expect(found["a"] == "X" && found["c"] == nil)
        if index < 2 { #expect(found["b"] == "Y, \"west\"") }
      }
    }
    for text in ["", "case,place\na,b\n", "case,centre\na\n", "case,centre\na,X\na,Y\n"] {
      try withFile(text) { path in
        #expect(throws: ReportError.self) { try CentreTable.read(path) }
      }
    }
    #expect(throws: ReportError.self) { try CentreTable.read("/nowhere.csv") }
  }

  @Test func `confidences are read by value or name and refused when they lie`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func read(_ text: String, byValue: Bool = true) throws -> [Confidence] {
      try Data(text.utf8).write(to: folder.appendingPathComponent("confidence.json"))
      return try Confidence.read(
        beside: folder.path, prediction: "p", cases: ["m": "case"], byValue: byValue)
    }
    #expect(
      try Confidence.read(beside: folder.path, prediction: nil, cases: [:], byValue: true) == [])
    let text = """
      {"rule": "x", "threshold": 0.5, "cases": [
        {"case": "m", "label": "liver", "value": 6, "confidence": 0.75, "more": 1,
         "parts": {"predicted_iou": 0.5, "flip_agreement": null}, "flagged": true},
        {"case": "m", "label": null, "confidence": null}, {"case": "other", "confidence": 3}]}
      """
    let found = try read(text)
    #expect(found.map(\.label) == [.value(6), nil] && found.map(\.name) == ["case", "case"])
    #expect(found[0].value == 0.75 && found[0].parts == ["predicted_iou": 0.5])
    #expect(found[0].isFlagged && !found[1].isFlagged && found[1].value == nil)
    #expect(try read(text, byValue: false)[0].label == .name("liver"))
    let lies = [
      "", "[]", "{\"cases\": 1}", #"{"cases": [{"case": "m", "confidence": 1.5}]}"#,
      #"{"cases": [{"case": "m", "confidence": "high"}]}"#, String(text.dropLast(5)),
    ]
    for lie in lies {
      #expect(throws: ReportError.self, "\(lie)") { try read(lie) }
    }
  }

  @Test func `predictions are called by the shortest ends of their paths that differ`() {
    #expect(CaseFiles.names(of: ["/x/a", "/y/b.nii.gz"]) == ["a", "b"])
    #expect(CaseFiles.names(of: ["/x/1/masks", "/x/2/masks/"]) == ["1/masks", "2/masks"])
    #expect(CaseFiles.names(of: ["/x/a", "/x/a"]) == ["a", "a (2)"])
    #expect(CaseFiles.names(of: ["/x/a", "/x/a", "/y/a"]) == ["x/a", "x/a (2)", "y/a"])
  }
}
