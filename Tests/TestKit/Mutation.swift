import Failures
public import Foundation
import Tensors
import Testing

/// Damaged copies of a file: bits turned, bytes and numbers replaced by telling ones, pieces cut out, doubled and moved.
public struct Mutation {
  private var random: Random
  private static let numbers: [UInt64] = [
    0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 40,
    UInt64(Int64.max), 1 << 63, .max, 0x7F80_0000, 0x7FC0_0000, 0x7FF0_0000_0000_0000,
  ]
  private static let words = [
    "-1", "0", "1e308", "nan", "inf", "99999999999999999999", "9223372036854775807", "[", "{}",
    "\"\"",
    "null", "\n", ":", "- ", "&a", "*a",
  ]

  /// The damages of a seed; the same seed gives the same ones.
  public init(seed: UInt64) { random = Random(seed: seed) }

  /// A damaged copy; the first `head` bytes are hit most.
  public mutating func callAsFunction(_ file: Data, head: Int = 512) -> Data {
    var bytes = [UInt8](file)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      if bytes.isEmpty { bytes = [0] }
      let isAnywhere = Int.random(in: 0..<4, using: &random) == 0
      let place = Int.random(
        in: 0..<(isAnywhere ? bytes.count : min(head, bytes.count)), using: &random)
      damage(&bytes, at: place)
    }
    return Data(bytes)
  }

  private mutating func damage(_ bytes: inout [UInt8], at place: Int) {
    let length = min(Int.random(in: 1...32, using: &random), bytes.count - place)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(place...)
    case 3: bytes.removeSubrange(place..<place + length)
    case 4:
      let to = Int.random(in: 0...bytes.count, using: &random)
      bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: to)
    case 5:
      for index in place..<place + length { bytes[index] = bytes[place] < 128 ? 255 : 0 }
    case 6:
      let word = Self.words[Int.random(in: 0..<Self.words.count, using: &random)]
      bytes.replaceSubrange(place..<place + min(length, word.utf8.count), with: word.utf8)
    default:
      let number = Self.numbers[Int.random(in: 0..<Self.numbers.count, using: &random)]
      let width = 1 << Int.random(in: 1...3, using: &random)
      let start = place & ~(width - 1)
      for index in 0..<width where start + index < bytes.count {
        bytes[start + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
      }
    }
  }
}

/// Reads damaged copies of a file and makes sure that each is read or refused with one of this project's sentences.
///
/// What crashes ends the tests' process.
public func expectRefusals(
  of file: Data, copies: Int, head: Int = 512, seed: UInt64 = 11, read: (Data) throws -> Void
) {
  var mutation = Mutation(seed: seed)
  for number in 0..<copies {
    let copy = mutation(file, head: head)
    do {
      try read(copy)
    } catch {
      #expect(error is any Failure, "copy \(number): \(error)")
    }
  }
}
