import Tensors
import TestKit
import Testing

/// Tensors as values, and the generator they are filled from.
struct TensorTests {
  @Test func `a copy keeps its elements when the original is written to`() {
    var original = Tensor([2, 2], [1, 2, 3, 4])
    let copy = original
    original.withMutablePointer { $0[0] = 9 }
    #expect(copy.values == [1, 2, 3, 4])
    #expect(original.values == [9, 2, 3, 4])
  }

  @Test func `slices and concatenation undo each other`() {
    var random = Random(seed: 1)
    let x = randomTensor([2, 5, 3], using: &random)
    let parts = [x.sliced(axis: 1, 0..<2), x.sliced(axis: 1, 2..<5)]
    #expect(Tensor.concatenated(parts, axis: 1) == x)
  }

  @Test func `planar and channel-last layouts undo each other`() {
    var random = Random(seed: 2)
    let x = randomTensor([2, 3, 4, 5], using: &random)
    #expect(x.channelLast.planar == x)
    #expect(x.channelLast.shape == [2, 4, 5, 3])
    #expect(Tensor([2, 1, 2], [1, 2, 3, 4]).channelLast.values == [1, 3, 2, 4])
  }

  @Test func `patches come in the order of a convolution's weight`() {
    let image = Tensor([2, 2, 4], (0..<16).map(Float.init))
    let patches = Tensor.patches(image, size: 2)
    #expect(patches.shape == [1, 2, 8])
    #expect(Array(patches.values.prefix(8)) == [0, 1, 4, 5, 8, 9, 12, 13])
  }

  @Test func `a generator is a function of its seed, purpose and position`() {
    var one = Random(seed: 7).split("order")
    var same = Random(seed: 7).split("order")
    var other = Random(seed: 7).split("augmentation")
    #expect(one.next() == same.next())
    #expect(one.next() != other.next())
    let numbers = (0..<20_000).map { _ in Double(one.normal()) }
    let mean = numbers.reduce(0, +) / 20_000
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.05)
    #expect((0..<1000).allSatisfy { _ in (0..<1).contains(one.uniform()) })
  }

  @Test(arguments: [NumberFormat.f16, .bf16])
  func `numbers are rounded to the nearest of a format, ties to even`(format: NumberFormat) {
    var random = Random(seed: 3)
    // Every 16-bit number, its neighbours in 32 bits, those halfway between two, and others.
    var bits: [UInt32] = (0..<0x1_0000).flatMap { high -> [UInt32] in
      let base = UInt32(high) << 16
      return [base, base | 1, base | 0x7fff, base | 0x8000, base | 0x8001, base | 0x1000]
    }
    bits += (0..<200_000).map { _ in UInt32(truncatingIfNeeded: random.next()) }
    let numbers = bits.map { Float(bitPattern: $0) }
    let found = Tensor([numbers.count], numbers).rounded(to: format).values
    let isRight = zip(numbers, found).allSatisfy { number, found in
      let expected: Float
      if format == .f16 {
        expected = Float(Float16(number))
      } else {
        let bits = number.bitPattern
        expected = Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
      }
      return number.isNaN ? found.isNaN : found.bitPattern == expected.bitPattern
    }
    #expect(isRight)
  }

  @Test func `memory that is given back to the system is there again when it is asked for`() {
    var random = Random(seed: 4)
    for count in [20_000, 600_000, 3_000_000, 20_000] {
      let tensors = (0..<3).map { _ in Tensor([count], repeating: random.uniform()) }
      Memory.trim()
      #expect(tensors.allSatisfy { $0[flat: 0] == $0[flat: count - 1] })
    }
    Memory.trim()
    #expect(Tensor([600_000], repeating: 2)[flat: 599_999] == 2)
  }

  @Test func `a wrong shape ends with both sides in the message`() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor([2, 3], [1, 2, 3, 4]).linear(Tensor(zeros: [4, 5]))
    }
  }
}
