import Foundation
import Inference
import Tensors
import TestKit
import Testing
import Volumes

/// The way of a slice into the model's square and of its logits back.
struct ImagePreparationTests {
  private func preparation(_ size: Int, _ resize: ImagePreparation.Resize) -> ImagePreparation {
    ImagePreparation(size: size, resize: resize, normalise: .none, plane: .axial)
  }

  @Test func `a slice of the square's size goes through unchanged`() {
    var random = Random(seed: 1)
    let slice = randomTensor([3, 32, 32], using: &random)
    #expect(preparation(32, .longestSide).input(slice) == slice)
    #expect(preparation(32, .square).input(slice) == slice)
    let gray = randomTensor([1, 32, 32], using: &random)
    #expect(
      preparation(32, .square).input(gray) == Tensor.concatenated([gray, gray, gray], axis: 0))
  }

  @Test func `two channels become the first, the second and their mean`() {
    let slice = Tensor([2, 1, 1], [2, 4])
    #expect(preparation(1, .square).input(slice).values == [2, 4, 3])
  }

  @Test func `the longer side fills the square and the rest is zero`() {
    let slice = Tensor([1, 10, 20], repeating: 5)
    let input = preparation(40, .longestSide).input(slice)
    #expect(input.shape == [3, 40, 40])
    #expect(input[flat: 19 * 40 + 39] == 5)
    #expect(input[flat: 20 * 40] == 0)
  }

  @Test func `SAM's space is SAM's mean and deviation of 0 to 255`() {
    let rule = ImagePreparation(size: 1, resize: .square, normalise: .percentile, plane: .axial)
    let input = rule.input(Tensor([1, 1, 1], [1]))
    #expect(abs(input[flat: 0] - (255 - 123.675) / 58.395) < 1e-5)
    let official = ImagePreparation(size: 1, resize: .square, normalise: .sam, plane: .axial)
    #expect(
      abs(official.input(Tensor([1, 1, 1], [255]))[flat: 2] - (255 - 103.53) / 57.375) < 1e-5)
  }

  @Test(arguments: [(48, 30), (25, 40), (64, 64)])
  func `a smooth mask survives the way there and back`(height: Int, width: Int) {
    let rule = preparation(64, .longestSide)
    let inside = (0..<height * width).map { at -> Bool in
      let (y, x) = (Double(at / width), Double(at % width))
      let (dy, dx) = ((y / Double(height) - 0.5) * 2, (x / Double(width) - 0.4) * 2)
      return dy * dy + dx * dx < 0.3
    }
    let labels = ByteImage(height: height, width: width, values: inside.map { $0 ? 1 : 0 })
    let low = rule.lowResolution(labels: labels, side: 32)
    let logits = Tensor([1, 32, 32], low.map { $0 == 1 ? 1 : -1 })
    let back = rule.restored(logits, height: height, width: width).values.map { $0 > 0 }
    let both = zip(back, inside).count { $0 && $1 }
    let dice = 2 * Double(both) / Double(back.count { $0 } + inside.count { $0 })
    #expect(dice > 0.93)
  }

  @Test func `the detour of the published protocol is SciPy's two zooms`() throws {
    let goldens = try Goldens.hdf5("resampling/resampling.h5")
    let source = try goldens.bytes("chain/image_128_u8_repeat_4x4")
    let pixels = (0..<512 * 512).map { at -> Float in
      let (row, column) = (at / 512, at % 512)
      return Float(source[row / 4 * 128 + column / 4]) / 255
    }
    let slice = Tensor([1, 512, 512], pixels)
    let rule = ImagePreparation(
      size: 512, resize: .square, detour: 224, normalise: .none, plane: .axial)
    let input = rule.input(slice).values
    let rows = try goldens.floats("chain/image_512_rows_every_16").values
    let differences = rows.enumerated().map { at, value -> Float in
      let (row, column) = (at / 512 * 16, at % 512)
      return abs(input[row * 512 + column] - value)
    }
    #expect((differences.max() ?? 1) <= 2e-6)
    let straight = preparation(512, .square)
    #expect(straight.input(slice).values != input)
    let small = Tensor([1, 224, 224], Array(pixels.prefix(224 * 224)))
    #expect(rule.input(small) == straight.input(small))
  }

  @Test func `labels take the detour by the nearest pixel`() throws {
    let goldens = try Goldens.hdf5("resampling/resampling.h5")
    let source = try goldens.bytes("chain/label_64_u8_repeat_8x8")
    let values = (0..<512 * 512).map { at -> UInt8 in
      let (row, column) = (at / 512, at % 512)
      return source[row / 8 * 64 + column / 8]
    }
    let label = ByteImage(height: 512, width: 512, values: values)
    let rule = ImagePreparation(
      size: 512, resize: .square, detour: 224, normalise: .none, plane: .axial)
    let found = rule.lowResolution(labels: label, side: 512)
    let rows = try goldens.bytes("chain/label_512_back_rows_every_8")
    let picked = rows.indices.map { at -> UInt8 in found[at / 512 * 8 * 512 + at % 512] }
    #expect(picked == rows)
  }

  @Test func `an adapter keeps the preparation as JSON`() throws {
    let rule = ImagePreparation(
      size: 192, resize: .longestSide, normalise: .window(low: -125, high: 275), plane: .acquired)
    let data = try JSONEncoder().encode(rule)
    #expect(try JSONDecoder().decode(ImagePreparation.self, from: data) == rule)
    #expect(!String(decoding: data, as: UTF8.self).contains("detour"))
    var other = rule
    other.detour = 224
    let kept = try JSONDecoder().decode(ImagePreparation.self, from: JSONEncoder().encode(other))
    #expect(kept.detour == 224)
    #expect(Normalise("percentile(-160, 240)") == .ends(low: -160, high: 240))
    #expect(Normalise("window(5, 1)") == nil)
    #expect(Normalise("brightness") == nil)
  }

  @Test func `the highest class wins and ties go to the lowest`() {
    let logits = Tensor([3, 1, 3], [1, 0, 2, 1, 3, 2, 0, 4, 2])
    #expect(VolumePrediction.highest(logits) == [0, 2, 0])
  }
}
