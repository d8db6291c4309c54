import Tensors
import TestKit
import Testing
import Volumes

struct IntensityTests {
  /// A channel of 400 zeros and the numbers 1 to 600.
  private let masked = Tensor([1, 10, 10, 10], (0..<1000).map { $0 < 400 ? 0 : Float($0 - 399) })

  @Test func `a window maps its ends to 0 and 1 and clips`() throws {
    let scan = Tensor([1, 1, 1, 5], [-1000, -125, 75, 275, 3000])
    let found = try Normalisation.window(low: -125, high: 275)(scan, case: "a").values
    #expect(zip(found, [0, 0, 0.5, 1, 1]).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func `unit spreads each channel over 0 to 1`() throws {
    let scan = Tensor([2, 1, 1, 3], [2, 4, 6, -10, 0, -5])
    #expect(try Normalisation.unit(scan, case: "a").values == [0, 0.5, 1, 0, 1, 0.5])
  }

  @Test func `percentiles are taken inside the body`() throws {
    let found = try Normalisation.percentile(masked, case: "a").values
    // NumPy: percentile(1...600, [0.5, 99.5]) = 3.995, 597.005.
    let expected = (0..<1000).map { k -> Float in
      let value = k < 400 ? 0 : Float(k - 399)
      return min(max((value - 3.995) / (597.005 - 3.995), 0), 1)
    }
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `the body of a scan without zeros is what lies above its smallest value`() throws {
    let scan = Tensor([1, 1, 1, 6], [-1024, -1024, -1024, -2, 1, 4])
    let found = try Normalisation.zscore(scan, case: "a").values
    let deviation = Float(6).squareRoot()
    #expect(zip(found.suffix(3), [-3, 0, 3]).allSatisfy { abs($0 - $1 / deviation) < 1e-5 })
  }

  @Test func `a z-score has mean 0 and deviation 1 inside the body`() throws {
    let body = try Normalisation.zscore(masked, case: "a").values.suffix(600).map { Double($0) }
    let mean = body.reduce(0, +) / 600
    #expect(abs(mean) < 1e-6)
    #expect(abs(body.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 600 - 1) < 1e-5)
  }

  @Test func `SAM's normalisation makes three channels of one`() throws {
    let found = try Normalisation.sam(Tensor([1, 1, 2], [0, 255]), case: "a")
    #expect(found.shape == [3, 1, 2])
    #expect(abs(found[flat: 0] + 123.675 / 58.395) < 1e-6)
    #expect(abs(found[flat: 5] - (255 - 103.53) / 57.375) < 1e-6)
  }

  @Test(arguments: [Normalisation.unit, .percentile, .zscore])
  func `a channel without contrast becomes 0`(kind: Normalisation) throws {
    let found = try kind(Tensor([1, 2, 2, 2], repeating: 7), case: "a").values
    #expect(found.allSatisfy { $0 == 0 })
  }

  @Test(arguments: [Float.nan, .infinity])
  func `a value that is not finite is refused, and the case named`(value: Float) {
    let scan = Tensor([2, 1, 1, 3], [0, 1, 2, 3, value, 5])
    #expect(throws: IntensityError.notFinite(case: "case 7", channel: 1, count: 1)) {
      try Normalisation.none(scan, case: "case 7")
    }
  }

  @Test func `SAM's normalisation refuses values that are not bytes`() {
    #expect(throws: IntensityError.notBytes(case: "b", low: -5, high: 30)) {
      try Normalisation.sam(Tensor([1, 1, 2], [-5, 30]), case: "b")
    }
    #expect(throws: IntensityError.channels(case: "b", count: 2)) {
      try Normalisation.sam(Tensor([2, 1, 1], [5, 30]), case: "b")
    }
  }
}
