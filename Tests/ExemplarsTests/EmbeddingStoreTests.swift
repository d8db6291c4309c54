import Exemplars
import Foundation
import Tensors
import TestKit
import Testing

struct EmbeddingStoreTests {
  private func key(_ name: String, size: Int = 128) -> EmbeddingKey {
    EmbeddingKey(
      weights: "w", cut: "neck", image: name, transform: "none", size: size, precision: "f32")
  }

  @Test func `every part of what is embedded changes the key`() {
    func key(_ parts: [String], _ size: Int) -> EmbeddingKey {
      EmbeddingKey(
        weights: parts[0], cut: parts[1], image: parts[2], transform: parts[3], size: size,
        precision: parts[4])
    }
    let parts = ["a", "b", "c", "d", "e"]
    var keys: Set = [key(parts, 1), key(parts, 2), key(["ab", "", "c", "d", "e"], 1)]
    for index in parts.indices {
      var other = parts
      other[index] += "x"
      keys.insert(key(other, 1))
    }
    #expect(keys.count == 8)
    let image = Tensor([2, 3], [1, 2, 3, 4, 5, 6])
    #expect(EmbeddingKey.digest(of: image) != EmbeddingKey.digest(of: image.reshaped([3, 2])))
    #expect(EmbeddingKey(hexadecimal: "xyz") == nil)
  }

  @Test func `entries are found again, also by another program`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = EmbeddingStore.folder(forPack: folder.appendingPathComponent("p.h5").path)
    #expect(path.hasSuffix("/p.embeddings"))
    var random = Random(seed: 1)
    let values = (0..<5).map { _ in randomTensor([4, 4, 8], using: &random) }
    let odd = randomTensor([2, 2, 8], using: &random)
    let store = try EmbeddingStore(folder: path)
    #expect(try store.count == 0 && store.embedding(for: key("0")) == nil)
    try store.add(values.prefix(3).enumerated().map { (key("\($0)"), $1) })
    try store.add([(key("3"), values[3]), (key("0"), values[4]), (key("odd"), odd)])
    let other = try EmbeddingStore(folder: path)
    for store in [store, other] {
      #expect(store.count == 5)
      for index in 0..<4 { #expect(try store.embedding(for: key("\(index)")) == values[index]) }
      #expect(try store.embedding(for: key("odd")) == odd)
      #expect(try store.embedding(for: key("0", size: 64)) == nil)
      #expect(!store.contains(key("4")) && store.contains(key("3")))
    }
    #expect(store.bytesOnDisk >= EmbeddingStore.bytes(entries: 4, shape: [4, 4, 8]))
    try other.add([(key("4"), values[4])])
    try store.add([(key("4"), values[4]), (key("5"), values[0])])
    #expect(try store.count == 7 && store.embedding(for: key("4")) == values[4])
  }

  @Test func `what a killed writer left is removed, and a damaged part is refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path
    try Data([1, 2]).write(to: folder.appendingPathComponent(".part-x.h5.partial-1"))
    let store = try EmbeddingStore(folder: path)
    try store.add([(key("a"), Tensor([2], [1, 2]))])
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(names.count == 2 && names.contains("lock"))
    try Data([1, 2]).write(to: folder.appendingPathComponent("part-0.h5"))
    #expect(throws: (any Error).self) { try EmbeddingStore(folder: path) }
  }

  @Test func `several writers and readers do not disturb each other`() async throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("p.embeddings").path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          let store = try EmbeddingStore(folder: path)
          for item in 0..<6 {
            try store.add([(key("\(item + writer)"), Tensor([3], [Float(item + writer), 1, 2]))])
          }
        }
      }
      try await group.waitForAll()
    }
    let store = try EmbeddingStore(folder: path)
    #expect(store.count == 9)
    for item in 0..<9 { #expect(try store.embedding(for: key("\(item)"))?[flat: 0] == Float(item)) }
  }
}
