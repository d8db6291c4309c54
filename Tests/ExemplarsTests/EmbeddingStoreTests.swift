import Exemplars
import Foundation
import Tensors
import TestKit
import Testing

struct EmbeddingStoreTests {
  private func key(
    _ name: String, size: Int = 128, format: NumberFormat = .f32
  ) -> EmbeddingKey {
    EmbeddingKey(
      weights: "w", cut: "neck", image: name, transform: "none", size: size, precision: "f32",
      format: format)
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
    #expect(Set(NumberFormat.allCases.map { self.key("a", format: $0) }).count == 3)
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
    #expect(store.bytesOnDisk >= store.bytes(entries: 4, shape: [4, 4, 8]))
    try other.add([(key("4"), values[4])])
    try store.add([(key("4"), values[4]), (key("5"), values[0])])
    #expect(try store.count == 7 && store.embedding(for: key("4")) == values[4])
  }

  @Test(arguments: NumberFormat.allCases)
  func `entries come back rounded to the format they are kept in`(format: NumberFormat) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var random = Random(seed: 2)
    let store = try EmbeddingStore(folder: folder.path, format: format)
    let values = (0..<3).map { _ in randomTensor([70, 40, 64], using: &random) }
    try store.add(values.enumerated().map { (key("\($0)", format: format), $1) })
    let other = try EmbeddingStore(folder: folder.path)
    for (index, value) in values.enumerated() {
      let found = try #require(try other.embedding(for: key("\(index)", format: format)))
      let rounded = value.values.map { number in
        switch format {
        case .f32: number
        case .f16: Float(Float16(number))
        case .bf16:
          Float(bitPattern: (number.bitPattern + 0x7fff + (number.bitPattern >> 16 & 1)) & ~0xffff)
        }
      }
      #expect(found == Tensor([70, 40, 64], rounded))
      for wrong in NumberFormat.allCases where wrong != format {
        #expect(!other.contains(key("\(index)", format: wrong)))
      }
    }
    let bytes = store.bytes(entries: 3, shape: [70, 40, 64])
    #expect((bytes - 3 * 96...bytes + 8192).contains(store.bytesOnDisk))
  }

  @Test func `what half precision would make infinite is refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try EmbeddingStore(folder: folder.path, format: .f16)
    try store.add([(key("a"), Tensor([2], [65504, -65504]))])
    #expect(throws: ExemplarError.self) { try store.add([(key("b"), Tensor([2], [65520, 0]))]) }
    #expect(store.count == 1)
  }

  @Test func `a part that is cut while the store is open is an error of the read`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try EmbeddingStore(folder: folder.path)
    try store.add([(key("a"), Tensor(zeros: [1024])), (key("b"), Tensor(zeros: [1024]))])
    let part = try #require(
      FileManager.default.contentsOfDirectory(atPath: folder.path).first { $0.hasSuffix(".h5") })
    let path = folder.appendingPathComponent(part).path
    let length = try Data(contentsOf: URL(fileURLWithPath: path)).count
    #expect(truncate(path, off_t(length - 4096)) == 0)
    #expect(throws: ExemplarError.self) {
      _ = (try store.embedding(for: key("a")), try store.embedding(for: key("b")))
    }
    #expect(throws: ExemplarError.self) { try EmbeddingStore(folder: folder.path) }
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
