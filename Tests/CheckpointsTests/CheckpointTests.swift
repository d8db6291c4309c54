import Archives
import Checkpoints
import Failures
import Foundation
import Tensors
import TestKit
import Testing

struct CheckpointTests {
  @Test func `the same model reads the same from every format`() throws {
    let reference = try golden("sam_micro.safetensors")
    #expect(reference.metadata == ["format": "pt"])
    let torch = try golden("sam_micro.pth")
    #expect(Set(torch.names) == Set(reference.names))
    for name in reference.names {
      #expect(try torch.tensor(name) == reference.tensor(name), "\(name)")
    }
    for file in ["prompt_encoder_mask_decoder_legacy.pth", "prompt_encoder_mask_decoder.npz"] {
      let part = try golden(file)
      #expect(Set(part.names) == Set(reference.names.filter { !$0.hasPrefix("image_encoder.") }))
      for name in part.names {
        #expect(try part.tensor(name) == reference.tensor(name), "\(file): \(name)")
      }
    }
    let half = try golden("sam_micro_fp16.pth")
    #expect(half.names.count == reference.names.count)
    for name in half.names {
      let expected = try reference.tensor(name).values.map { Float(Float16($0)) }
      #expect(try half.tensor(name).values == expected, "\(name)")
      #expect(half.elementType(of: name) == .float16)
    }
  }

  @Test(arguments: ["tensor_zoo.pth", "tensor_zoo_legacy.pth"])
  func `views, types and empty tensors come out dense`(file: String) throws {
    let zoo = try golden(file)
    let expected = try Goldens.hdf5("sam-micro/tensor_zoo_expected.h5")
    #expect(Set(zoo.names) == Set(try expected.names()))
    for name in zoo.names {
      #expect(try zoo.shape(of: name) == expected.shape(name), "\(name)")
      #expect(try zoo.array(name).doubles == expected.doubles(name), "\(name)")
      #expect(try zoo.tensor(name).values == expected.doubles(name).map { Float($0) }, "\(name)")
    }
  }

  @Test func `every malformed file ends in an error and runs nothing`() throws {
    let folder = URL(fileURLWithPath: Goldens.path("formats/malformed"))
    let prefixes = ["pth_", "st_", "zip_", "npz_"]
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { file in
      prefixes.contains { file.hasPrefix($0) }
    }
    #expect(files.count == 34)
    for file in files {
      let error = #expect(throws: CheckpointError.self, "\(file)") {
        let path = folder.appendingPathComponent(file).path
        let checkpoint = try Checkpoint(contentsOf: path)
        for name in checkpoint.names { _ = try checkpoint.tensor(name) }
      }
      #expect(error?.kind == .badInput)
      #expect(error?.description.contains(file) == true)
    }
    #expect(!FileManager.default.fileExists(atPath: "unsafe_pickle_executed.txt"))
  }

  @Test func `what a pickle asks for is refused by name`() throws {
    for (file, name) in [
      ("pth_os_system.pth", "posix.system"), ("pth_os_system_legacy.pth", "posix.system"),
      ("pth_raw_pickle_os_system.pth", "posix.system"),
      ("pth_builtins_eval.pth", "__builtin__.eval"),
    ] {
      let path = Goldens.path("formats/malformed/\(file)")
      #expect(throws: CheckpointError.refused(file: path, name: name)) {
        try Checkpoint(contentsOf: path)
      }
    }
  }

  @Test func `a tensor is claimed once, in its shape, and leftovers are named`() throws {
    let checkpoint = Checkpoint(
      [("a", Tensor(zeros: [2, 3])), ("b", Tensor(zeros: [4]))], source: "x.pth")
    #expect(throws: CheckpointError.missing(key: "c", file: "x.pth")) {
      try checkpoint.claim("c", [1])
    }
    let wrong = CheckpointError.shape(key: "a", expected: [3, 2], found: [2, 3], file: "x.pth")
    #expect(
      wrong.description
        == "The tensor a in x.pth has the shape [2, 3], but [3, 2] is expected.")
    #expect(throws: wrong) { try checkpoint.claim("a", [3, 2]) }
    _ = try checkpoint.claim("a", [2, 3])
    #expect(throws: CheckpointError.claimedTwice(key: "a", file: "x.pth")) {
      try checkpoint.claim("a", [2, 3])
    }
    #expect(throws: CheckpointError.unused(keys: ["b"], file: "x.pth")) { try checkpoint.finish() }
    _ = try checkpoint.claim("b", [4])
    try checkpoint.finish()
  }

  @Test func `a file that is not there is bad input`() {
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(contentsOf: "/no/such/file.pth")
    }
    #expect(error?.kind == .badInput)
    #expect(
      error?.description
        == "The checkpoint /no/such/file.pth cannot be read: there is no such file.")
  }

  @Test func `written files read back, and equal tensors give equal bytes`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let original = try golden("sam_micro.pth")
    let shuffled = try Checkpoint(
      original.names.reversed().map { ($0, try original.tensor($0)) }, source: "memory",
      metadata: ["b": "2 \"quoted\" \\ é", "a": "line\nbreak"])
    let path = folder.appendingPathComponent("file").path
    for type in [ElementType.float32, .float16] {
      try shuffled.writeSafetensors(to: path, as: type)
      let read = try Checkpoint(contentsOf: path)
      #expect(read.metadata == shuffled.metadata)
      try expectEqual(read, original, as: type)
      if type == .float32 { #expect(read.sha256 == shuffled.sha256) }
      try original.writeTorch(to: path, as: type)
      let first = try Digest.sha256(ofFile: path)
      try expectEqual(try Checkpoint(contentsOf: path), original, as: type)
      try shuffled.writeTorch(to: path, as: type)
      #expect(try Digest.sha256(ofFile: path) == first)
    }
    try shuffled.writeNPZ(to: path)
    try expectEqual(try Checkpoint(contentsOf: path), original, as: .float32)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
  }

  @Test func `a common module prefix is dropped`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("file").path
    let tensors = [("module.a.weight", Tensor([3], [1, 2, 3])), ("module.b", Tensor(1))]
    try Checkpoint(tensors, source: "memory").writeTorch(to: path)
    #expect(try Checkpoint(contentsOf: path).names == ["a.weight", "b"])
  }

  private func expectEqual(
    _ one: Checkpoint, _ other: Checkpoint, as type: ElementType
  ) throws {
    #expect(Set(one.names) == Set(other.names))
    for name in one.names {
      let values = try other.tensor(name).values
      let expected = type == .float16 ? values.map { Float(Float16($0)) } : values
      #expect(try one.tensor(name).values == expected, "\(name)")
      #expect(one.shape(of: name) == other.shape(of: name))
    }
  }
}

func golden(_ file: String) throws -> Checkpoint {
  try Checkpoint(contentsOf: Goldens.path("sam-micro/\(file)"))
}
