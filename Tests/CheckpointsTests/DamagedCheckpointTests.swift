import Checkpoints
import Foundation
import Tensors
import TestKit
import Testing

struct DamagedCheckpointTests {
  private static let sources = [
    "tensor_zoo.pth", "tensor_zoo_legacy.pth", "sam_micro.safetensors",
    "prompt_encoder_mask_decoder.npz", "prompt_encoder_mask_decoder_legacy.pth",
  ]

  @Test(arguments: sources)
  func `copies with flipped bits never crash`(file: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("sam-micro/\(file)")))
    var random = Random(seed: 7)
    for round in 0..<600 {
      var copy = data
      // Half the damage goes to the front, where most formats keep what they say about themselves.
      let reach = round % 2 == 0 ? min(copy.count, 2048) : copy.count
      for _ in 0...(round % 3) {
        copy[Int(random.next() % UInt64(reach))] = UInt8(truncatingIfNeeded: random.next())
      }
      guard let checkpoint = try? Checkpoint(copy, source: file) else { continue }
      for name in checkpoint.names.prefix(20) { _ = try? checkpoint.tensor(name) }
    }
  }

  @Test(arguments: sources)
  func `a file cut anywhere is refused`(file: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("sam-micro/\(file)")))
    var random = Random(seed: 8)
    var lengths = Array(0..<128) + (0..<100).map { _ in Int(random.next() % UInt64(data.count)) }
    lengths += (1...64).map { data.count - $0 }
    for length in lengths where length < data.count {
      #expect(throws: CheckpointError.self, "\(length) bytes") {
        try Checkpoint(data.prefix(length), source: file)
      }
    }
  }
}
