import Adaptation
import Archives
import Checkpoints
import Foundation
import Inference
import TestKit
import Tensors
import Testing
import Volumes

/// Task files: what is written comes back, and what is not a task is refused by name.
struct TaskFileTests {
  private let task: TaskFile

  /// The base weights; of each reading every tensor is claimed once.
  private static func base() throws -> Checkpoint {
    try Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))
  }

  init() throws {
    let network = try ExampleSetNetwork(
      base: TaskFileTests.base(), token: nil, using: Random(seed: 1))
    var random = Random(seed: 2)
    let exemplars = (0..<3).map { index in
      ExampleSlice(
        caseName: "case \(index / 2)", place: index == 2 ? nil : Float(index) / 2,
        embedding: randomTensor([64, 32], using: &random).rounded(to: .f16),
        classes: (0..<1024).map { UInt8(($0 + index) % 3) }, grid: 8, count: 3)
    }
    task = TaskFile(
      weights: ExampleSetWeights(of: network),
      preparation: ImagePreparation(
        size: 128, resize: .longestSide, normalise: .percentile, plane: .acquired),
      labels: [.init(name: "one", value: 1), .init(name: "two", value: 5)], exemplars: exemplars)
  }

  @Test func `a task comes back as it was written, in equal bytes`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let (first, second) = (folder.path + "/a.task", folder.path + "/b.task")
    try task.write(to: first)
    let read = try TaskFile(contentsOf: first)
    #expect(read.labels == task.labels)
    #expect(read.settings == task.settings)
    #expect(read.caseNames == ["case 0", "case 1"])
    for (one, other) in zip(read.exemplars, task.exemplars) {
      #expect(one.embedding == other.embedding)
      #expect(one.classes == other.classes)
      #expect(one.place == other.place)
    }
    try read.write(to: second)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: first))
    #expect(try Data(contentsOf: URL(fileURLWithPath: second)) == bytes)
    #expect(try read.network(on: TaskFileTests.base(), name: first).grid == 8)
  }

  @Test func `other weights, another file and damaged numbers are refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path + "/a.task"
    let base = try TaskFileTests.base()
    let other = Checkpoint(
      try base.names.map { ($0, try base.tensor($0).scaled(by: 0.5)) }, source: "other")
    #expect(throws: AdaptationError.self) { try task.network(on: other, name: path) }
    try Checkpoint([("x", Tensor([1], [1]))], source: path).writeSafetensors(to: path)
    #expect(throws: ExampleSetError.self) { try TaskFile(contentsOf: path) }
    #expect(throws: ExampleSetError.self) { try ExampleSetWeights(contentsOf: path) }
    try task.write(to: path)
    let file = try Checkpoint(contentsOf: path)
    func damaged(_ name: String, _ change: (Tensor) -> Tensor) throws {
      try Checkpoint(
        try file.names.map { ($0, $0 == name ? change(try file.tensor($0)) : try file.tensor($0)) },
        source: path, metadata: file.metadata
      ).writeSafetensors(to: path + ".damaged", as: .float16)
      #expect(throws: (any Error).self, "\(name)") {
        try TaskFile(contentsOf: path + ".damaged").network(on: TaskFileTests.base(), name: path)
      }
    }
    try damaged("exemplars.classes") { $0.scaled(by: 3) }
    try damaged("exemplars.place") { $0.adding(Tensor([3], repeating: 5)) }
    try damaged("exemplars.embedding") { $0.sliced(axis: 1, 0..<63) }
    try damaged("exemplars.embedding") { $0.scaled(by: .nan) }
    try damaged("example_sets.token.weight") { $0.scaled(by: .infinity) }
    for key in ["settings", "cases", "grid", "labels", "preprocessing", "base_sha256", "plan"] {
      var metadata = file.metadata
      metadata[key] = nil
      try Checkpoint(
        try file.names.map { ($0, try file.tensor($0)) }, source: path, metadata: metadata
      ).writeSafetensors(to: path + ".damaged", as: .float16)
      #expect(throws: ExampleSetError.self, "\(key)") {
        try TaskFile(contentsOf: path + ".damaged")
      }
    }
  }

  @Test func `leaving out finds out what the exemplars are best looked at with`() throws {
    let network = try task.network(on: TaskFileTests.base(), name: "task")
    let trial = LeaveOneOut(network, exemplars: task.exemplars)
    #expect(trial.isPossible)
    let (settings, dice) = trial.best(from: task.settings)
    #expect(dice >= trial.dice(settings) - 1e-12)
    #expect(!LeaveOneOut(network, exemplars: [task.exemplars[0]]).isPossible)
  }
}
