import Archives
import Foundation
import TestKit
import Testing

struct RecordLogTests {
  /// The check values of RFC 3720, appendix B.4, and of the catalogue of parametrised CRC algorithms.
  @Test(
    arguments: [
      (Data("123456789".utf8), 0xE306_9283), (Data(count: 32), 0x8A91_36AA),
      (Data(repeating: 0xFF, count: 32), 0x62A8_AB43), (Data(0..<32), 0x46DD_794E),
      (Data((0..<32).reversed()), 0x113F_DB5C), (Data(), 0),
    ] as [(Data, UInt32)]) func `checksums are those of RFC 3720`(data: Data, expected: UInt32)
  {
    #expect(CRC32C.checksum(data) == expected)
  }

  @Test func `the mask turns and adds`() {
    #expect(CRC32C.masked(Data()) == 0xA282_EAD8)
    #expect(CRC32C.masked(Data("123456789".utf8)) == 0x2507_C60D &+ 0xA282_EAD8)
  }

  @Test func `a log never takes the place of a file`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("log").path
    let log = try RecordLog(new: path)
    try log.append(Data([1, 2, 3]))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 8 + 4 + 3 + 4)
    #expect(throws: ArchiveError.self) { try RecordLog(new: path) }
    #expect(throws: ArchiveError.self) { try RecordLog(new: folder.path + "/no/log") }
  }
}
