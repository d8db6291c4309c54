import Archives
import Checkpoints
import Foundation
import Tensors
import TestKit
import Testing

/// Weights that stay in the file they lie in.
struct MappedCheckpointTests {
  private func written(_ tensors: [(String, Tensor)], in folder: URL) throws -> String {
    let path = folder.appendingPathComponent("w.safetensors").path
    try Checkpoint(tensors, source: "memory").writeSafetensors(to: path)
    return path
  }

  @Test func `what is done to a mapped tensor changes neither its file nor its twins`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let tensors = [("a", Tensor([3], [1, 2, 3])), ("b", Tensor([2], [4, 5]))]
    let path = try written(tensors, in: folder)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    var one = try Checkpoint(contentsOf: path).claim("a", [3])
    let twin = try Checkpoint(contentsOf: path).claim("a", [3]).reshaped([3, 1])
    one.withMutablePointer { $0[1] = 7 }
    one.withMutablePointer { $0[2] = 8 }
    #expect(one == Tensor([3], [1, 7, 8]))
    #expect(twin == Tensor([3, 1], [1, 2, 3]))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
  }

  @Test func `a mapped tensor outlives its checkpoint and the file's name`() throws {
    let folder = try temporaryFolder()
    let numbers = Tensor([100_000], (0..<100_000).map { Float($0) })
    let path = try written([("a", numbers)], in: folder)
    let mapped = try Checkpoint(contentsOf: path).claim("a", [100_000])
    try FileManager.default.removeItem(at: folder)
    #expect(mapped == numbers)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], [0, 150_000, 299_999])
  func `a number that is not finite is refused wherever it is`(number: Float, place: Int) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var tensor = Tensor([300_000], repeating: 3e38)
    #expect(tensor.isFinite)
    tensor.withMutablePointer { $0[place] = number }
    let path = try written([("a", tensor)], in: folder)
    #expect(throws: CheckpointError.notFinite(key: "a", file: path)) {
      try Checkpoint(contentsOf: path).claim("a", [300_000])
    }
  }

  @Test func `a file cut after it was opened is refused at the next claim`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try written([("a", Tensor(zeros: [4096]))], in: folder)
    let checkpoint = try Checkpoint(contentsOf: path)
    #expect(truncate(path, 100) == 0)
    let error = #expect(throws: CheckpointError.self) { try checkpoint.claim("a", [4096]) }
    #expect(error?.description.contains("was cut from") == true)
  }

  @Test func `bytes that a file loses while they are in use end the program with code 4`() async {
    await #expect(processExitsWith: .exitCode(4)) {
      let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("graft-test-\(UUID().uuidString)").path
      defer { unlink(path) }
      MappedFile.endProgramOnCutFiles()
      _ = FileManager.default.createFile(atPath: path, contents: Data(count: 1 << 20))
      let file = try #require(try MappedFile(path))
      truncate(path, 0)
      unlink(path)
      print(file.bytes.reduce(0) { $0 &+ Int($1) })
    }
  }

  @Test func `an empty file and a folder are errors`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("empty").path
    #expect(FileManager.default.createFile(atPath: path, contents: Data()))
    #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: path) }
    #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: folder.path) }
  }
}
