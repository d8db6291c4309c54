import Exemplars
import Foundation
import Tensors
import TestKit
import Testing
import Training

struct EmbeddingReadAheadTests {
  private func key(_ name: String) -> EmbeddingKey {
    EmbeddingKey(
      weights: "w", cut: "neck", image: name, transform: "none", size: 64, precision: "f32")
  }

  @Test func `what is read ahead is what the store holds, and so is all else`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try EmbeddingStore(folder: folder.path)
    try store.add((0..<9).map { (key("\($0)"), Tensor([4096], repeating: Float($0))) })
    let ahead = EmbeddingReadAhead(store)
    for step in 0..<20 {
      for place in [step % 9, (step + 3) % 9, (step + 3) % 9, 8] {
        #expect(
          try ahead.embedding(for: key("\(place)")) == Tensor([4096], repeating: Float(place)))
      }
      ahead.begin([key("\((step + 1) % 9)"), key("\((step + 4) % 9)"), key("none")])
    }
    #expect(try ahead.embedding(for: key("none")) == nil)
  }

  @Test func `an error comes to whoever asks for the entry it is about`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try EmbeddingStore(folder: folder.path)
    try store.add([(key("a"), Tensor([2], [1, 2]))])
    let parts = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let part = try #require(parts.first { $0.hasSuffix(".h5") })
    try store.add([(key("b"), Tensor([2], [3, 4]))])
    try FileManager.default.removeItem(at: folder.appendingPathComponent(part))
    let ahead = EmbeddingReadAhead(store)
    ahead.begin([key("a"), key("b")])
    #expect(try ahead.embedding(for: key("b")) == Tensor([2], [3, 4]))
    #expect(throws: (any Error).self) { try ahead.embedding(for: key("a")) }
  }
}
