public import Foundation

/// The checksum of records in a log: CRC-32C (Castagnoli), reflected, of the polynomial 0x1EDC6F41.
///
/// RFC 3720, appendix B.4.
public enum CRC32C {
  /// The remainders of all bytes.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { remainder, _ in
      remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ 0x82F6_3B78
    }
  }

  /// The checksum of some bytes.
  public static func checksum(_ data: Data) -> UInt32 {
    let table = table
    return ~data.reduce(~UInt32(0)) { sum, byte in
      table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8
    }
  }

  /// The checksum as TFRecord files keep it: turned right by 15 bits, plus 0xA282EAD8, so that a checksum of data that
  /// hold checksums stays a good one.
  public static func masked(_ data: Data) -> UInt32 {
    let sum = checksum(data)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
