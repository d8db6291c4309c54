import Foundation

/// A counter-based random generator: SplitMix64 over a key and a counter.
///
/// Its whole state is two integers, so a snapshot keeps them and a run resumes with the same bits.
/// Steele, Lea, Flood, Fast splittable pseudorandom number generators (2014).
public struct Random: RandomNumberGenerator, Sendable, Codable, Equatable {
  /// Which sequence this is.
  public let key: UInt64
  /// How many numbers of it have been drawn.
  public private(set) var drawn: UInt64

  /// The sequence of a seed.
  public init(seed: UInt64) {
    key = Random.mixed(seed &+ 0x9E37_79B9_7F4A_7C15)
    drawn = 0
  }

  /// An independent sequence for one purpose, such as "order" or "augmentation"; it depends on the seed and
  /// the name alone, not on what was drawn.
  public func split(_ purpose: String) -> Random {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Random(seed: key ^ hash)
  }

  /// An independent sequence for one index of a purpose, such as a case or a slice.
  public func split(_ purpose: String, _ index: Int) -> Random {
    Random(seed: split(purpose).key ^ Random.mixed(UInt64(bitPattern: Int64(index)) &+ 1))
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    drawn &+= 1
    return Random.mixed(key &+ drawn &* 0x9E37_79B9_7F4A_7C15)
  }

  /// A number in [0, 1), of 24 random bits.
  public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// A number in [low, high).
  public mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * uniform()
  }

  /// A number of the standard normal distribution (Box and Muller).
  public mutating func normal() -> Float {
    let radius = (-2 * log(1 - Double(next() >> 11) * 0x1p-53)).squareRoot()
    return Float(radius * cos(2 * .pi * Double(next() >> 11) * 0x1p-53))
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
