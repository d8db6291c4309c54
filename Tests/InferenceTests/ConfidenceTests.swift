import Archives
import Foundation
import Inference
import Tensors
import TestKit
import Testing

/// The parts of a confidence on hand-made masks, and what is flagged in a set.
struct ConfidenceTests {
  @Test func `Dice of two predictions counts each class; where both lack it there is none`() {
    let found = Agreement.dice([0, 1, 1, 2, 0, 4], [1, 1, 0, 2, 0, 0], classes: 4)
    #expect(found == [0.5, 1, nil, 0])
  }

  @Test func `a body that grows, wanders and ends fits between its neighbours`() {
    let slices: [[UInt8]] = [
      [0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0],
      [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0],
    ]
    #expect(Agreement.acrossSlices(slices, classes: 1) == [1])
  }

  @Test func `what is in one slice only, or missing in one only, does not fit`() {
    let lone: [[UInt8]] = [[1, 0, 0], [1, 0, 2], [1, 0, 0], [1, 0, 0]]
    #expect(Agreement.acrossSlices(lone, classes: 2) == [1, 0])
    let hole: [[UInt8]] = [[1, 1], [1, 0], [1, 1]]
    #expect(Agreement.acrossSlices(hole, classes: 1) == [1 - 1.0 / 5])
    #expect(Agreement.acrossSlices([[1], [0]], classes: 1) == [nil])
    #expect(Agreement.acrossSlices([[0], [0], [0]], classes: 1) == [nil])
  }

  @Test func `the expected Dice follows from the probabilities`() throws {
    // Two classes and four pixels; the probabilities of class 1 are 0.8, 0.6, 0.5 and 0.2, a tie being background.
    let shares: [Float] = [0.8, 0.6, 0.5, 0.2]
    let logits = Tensor(
      [2, 1, 4], [Float](repeating: 0, count: 4) + shares.map { log($0 / (1 - $0)) })
    let answer = SliceAnswer(logits, massed: true)
    #expect(answer.classes == [1, 1, 0, 0])
    let found = try #require(SliceAnswer.expectedDice([answer], of: 0))
    #expect(abs(found - 2 * 1.4 / (2.1 + 2)) < 1e-6)
    let none = SliceAnswer(Tensor([2, 1, 1], [1, 0]), massed: true)
    #expect(SliceAnswer.expectedDice([none], of: 0) == nil)
  }

  @Test func `prompts are mirrored with the image`() throws {
    let prompt = PixelPrompt(
      points: [.init(x: 2, y: 3), .init(x: 20, y: 0, isForeground: false)],
      box: .init(x0: 1, y0: 2, x1: 20, y1: 6))
    let mirrored = try #require(prompt.mirrored(width: 20))
    #expect(
      mirrored
        == PixelPrompt(
          points: [.init(x: 17, y: 3), .init(x: 0, y: 0, isForeground: false)],
          box: .init(x0: 0, y0: 2, x1: 19, y1: 6)))
    let logits = PixelPrompt(mask: .logits(Tensor([1, 1], [0]), path: "m.npy"))
    #expect(logits.mirrored(width: 20) == nil)
    let mask = PixelPrompt(mask: .pixels(Tensor([1, 3], [1, 2, 3]), path: "m.png"))
    #expect(
      mask.mirrored(width: 3)?.mask == .pixels(Tensor([1, 3], [3, 2, 1]), path: "m.png"))
  }

  private func row(_ name: String, _ expected: Double?, _ slices: Double? = 1, value: Int = 1)
    -> Confidence
  {
    Confidence(
      case: name, label: "class \(value)", value: value,
      parts: .init(expectedDice: expected, sliceAgreement: slices))
  }

  @Test func `the confidence is the product of what counts`() {
    #expect(row("a", 0.8, 0.5).confidence == 0.4)
    #expect(row("a", 0.8, nil).confidence == 0.8)
    #expect(row("a", nil).confidence == nil)
    let prompted = Confidence(
      case: "a", label: "object", value: 1,
      parts: .init(predictedIoU: 1.02, expectedDice: 0.7, flipAgreement: 0.1))
    #expect(prompted.confidence == 1)
  }

  @Test func `cases far below the others are flagged, class by class`() {
    let values = [0.7, 0.72, 0.74, 0.75, 0.76, 0.78, 0.8]
    let rows = values.enumerated().map { row("case \($0)", $1) }
    // The quartiles are 0.73 and 0.77: the bound is 0.71.
    #expect(ConfidenceReport(rows).flagged == ["case 0"])
    let two = ConfidenceReport(rows + rows.map { row($0.case, 0.9, value: 2) })
    #expect(two.flagged == ["case 0"])
    #expect(two.sentence == "1 of 7 cases is worth a look: case 0.")
  }

  @Test func `of a few cases those below one half are flagged, and of any number`() {
    #expect(ConfidenceReport([row("a", 0.9), row("b", 0.51), row("c", 0.49)]).flagged == ["c"])
    let low = (0..<9).map { row("\($0)", 0.3) }
    #expect(ConfidenceReport(low).flagged.count == 9)
    #expect(ConfidenceReport().sentence == "None of 0 cases stands out as uncertain.")
  }

  @Test func `an empty mask is flagged where most cases have the class`() {
    #expect(ConfidenceReport([row("a", 0.9), row("b", nil), row("c", 0.8)]).flagged == ["b"])
    #expect(ConfidenceReport([row("a", nil), row("b", nil), row("c", 0.8)]).flagged == [])
  }

  @Test func `a report comes back from its file, with nulls, and takes later cases in`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var report = ConfidenceReport([row("b", 0.9), row("b", nil, value: 2)])
    try report.write(toFolder: folder.path)
    let text = try String(
      contentsOf: folder.appendingPathComponent("confidence.json"), encoding: .utf8)
    for word in [
      "\"confidence\" : null", "\"predicted_iou\" : null", "\"flagged\" : false", "\"value\" : 2",
    ] { #expect(text.contains(word), "\(word) in \(text)") }
    #expect(try ConfidenceReport(inFolder: folder.path) == report)
    report = ConfidenceReport([row("a", 0.4), row("a", 0.4, value: 2)], after: report)
    report = ConfidenceReport([row("b", 0.6), row("b", 0.6, value: 2)], after: report)
    #expect(report.cases.map(\.case) == ["a", "a", "b", "b"])
    #expect(report.cases.map(\.confidence) == [0.4, 0.4, 0.6, 0.6])
    #expect(report.flagged == ["a"] && report.names == ["a", "b"])
  }

  @Test func `a damaged report is refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for text in ["", "[", "{\"cases\": 3}", "{\"rule\": [], \"cases\": [{}]}"] {
      try Data(text.utf8).write(to: folder.appendingPathComponent("confidence.json"))
      #expect(throws: ArchiveError.self) { try ConfidenceReport(inFolder: folder.path) }
    }
  }
}
