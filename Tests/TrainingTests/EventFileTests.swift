import Foundation
import TestKit
import Testing
import Training

struct EventFileTests {
  @Test func `a file has the bytes TensorBoard's own writer gives it`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try EventFile(inFolder: folder.path, firstStep: 4) {
      Date(timeIntervalSince1970: 1_700_000_000.25)
    }
    for (step, epoch, values) in [
      (4, 0, [0.75, 0.5, 0.8125, 0.005]), (300, 17, [0.1, 0.2, 1e-9, 1e-4]),
    ] {
      try file.add(
        StepRecord(
          step: step, epoch: epoch, loss: values[0], ce: values[1], dice: values[2],
          lr: values[3], seconds: 1))
    }
    let names = try EventFile.names(in: folder.path)
    #expect(names == ["events.out.tfevents.1700000000.graft"])
    let found = try Data(contentsOf: folder.appendingPathComponent(names[0]))
    let expected = try Data(
      contentsOf: URL(fileURLWithPath: Goldens.path("training/curves.tfevents")))
    #expect(found == expected)
  }

  @Test func `a later session's file sorts behind, even where the clock was set back`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for seconds in [900_000_000.0, 1_700_000_000, 1_700_000_000, 1_600_000_000] {
      _ = try EventFile(inFolder: folder.path, firstStep: 1) {
        Date(timeIntervalSince1970: seconds)
      }
    }
    #expect(
      try EventFile.names(in: folder.path).map { $0.split(separator: ".")[3] }
        == ["0900000000", "1700000000", "1700000001", "1700000002"])
  }

  @Test func `the curves of an interrupted, killed and resumed run are those of its metrics`()
    throws
  {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    #expect(throws: TrainingError.self) { try bench.run("run", stopAfter: 8) }
    // The snapshot of step 8 is lost as by a kill, and the last event is torn.
    for ending in ["json", "safetensors"] {
      try FileManager.default.removeItem(atPath: bench.path("run/snapshot/step-8.\(ending)"))
    }
    let first = try #require(try EventFile.names(in: bench.path("run")).first)
    let file = URL(fileURLWithPath: bench.path("run/\(first)"))
    try Data(contentsOf: file).dropLast(7).write(to: file)
    try bench.run("run", resume: true)
    let events = Events(
      try EventFile.names(in: bench.path("run")).map {
        try Data(contentsOf: URL(fileURLWithPath: bench.path("run/\($0)")))
      })
    #expect(events.sessions.map(\.step) == [1, 6])
    #expect(events.sessions.allSatisfy { $0.status == 1 })
    let records = try bench.lines("run").map {
      try JSONDecoder().decode(StepRecord.self, from: Data($0.utf8))
    }
    #expect(records.count == 12)
    for (tag, value) in [
      ("loss", \StepRecord.loss), ("ce", \.ce), ("dice", \.dice), ("lr", \.lr),
    ] as [(String, KeyPath<StepRecord, Double>)] {
      let expected = records.map { ($0.step, Float($0[keyPath: value])) }
      #expect(events.values[tag] == Dictionary(uniqueKeysWithValues: expected))
    }
  }
}
