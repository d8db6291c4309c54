import Foundation
import TestKit
import Tensors
import Testing
import Volumes

struct ResamplingTests {
  private let goldens: GoldenFile

  init() throws { goldens = try Goldens.hdf5("resampling/resampling.h5") }

  private func tensor(_ path: String) throws -> Tensor { try goldens.floats(path) }

  private func bytes(_ path: String, in file: GoldenFile? = nil) throws -> ByteImage {
    let file = file ?? goldens
    let shape = try file.shape(path)
    return ByteImage(
      height: shape[0], width: shape[1], channels: shape.dropFirst(2).reduce(1, *),
      values: try file.bytes(path))
  }

  private func largestDifference(_ one: [Float], _ other: [Float]) -> Float {
    one.count == other.count ? zip(one, other).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }

  private func size(_ tensor: Tensor) -> PlaneSize {
    PlaneSize(
      height: tensor.shape[tensor.shape.count - 2], width: tensor.shape[tensor.shape.count - 1])
  }

  @Test func `bilinear resizing is PyTorch's`() throws {
    for name in try goldens.names(of: "torch_bilinear") {
      let input = try tensor("torch_bilinear/\(name)/input")
      for (kind, antialias) in [("plain", false), ("antialias", true)] {
        let expected = try tensor("torch_bilinear/\(name)/\(kind)")
        let found = input.resized(
          height: size(expected).height, width: size(expected).width, antialias: antialias)
        let difference = largestDifference(
          Array(found.values.prefix(expected.count)), expected.values)
        #expect(difference <= 1e-5, "\(name) \(kind)")
      }
    }
  }

  @Test func `zoom of order 3 is SciPy's`() throws {
    for name in try goldens.names(of: "zoom_order3") where name != "240_to_512" {
      let expected = try tensor("zoom_order3/\(name)/output")
      let found = try tensor("zoom_order3/\(name)/input").zoomed(to: size(expected))
      #expect(largestDifference(found.values, expected.values) <= 2e-6, "\(name)")
    }
    let large = try bytes("zoom_order3/240_to_512/input_u8")
    let found = Tensor([240, 240], large.values.map { Float($0) / 255 })
      .zoomed(to: PlaneSize(height: 512, width: 512))
    let rows = try tensor("zoom_order3/240_to_512/output_rows_every_16")
    #expect(largestDifference(everyRow(16, of: found), rows.values) <= 2e-6)
  }

  @Test func `zoom of order 3 is SciPy's along a line of every size in use`() throws {
    for name in try goldens.names(of: "zoom_order3_ramp") {
      let expected = try tensor("zoom_order3_ramp/\(name)")
      let length = try #require(Int(name.split(separator: "_")[0]))
      let ramp = Tensor([1, length], (0..<length).map { Float($0 % 7) })
      let found = ramp.zoomed(to: PlaneSize(height: 1, width: expected.count))
      #expect(largestDifference(found.values, expected.values) <= 2e-6, "\(name)")
    }
  }

  @Test func `zoom of order 0 is SciPy's, its zero edges included`() throws {
    for name in try goldens.names(of: "zoom_order0") {
      let (input, expected) = try (
        bytes("zoom_order0/\(name)/input"), bytes("zoom_order0/\(name)/output")
      )
      #expect(zoomed(input, to: expected.height, expected.width) == expected, "\(name)")
    }
    for name in try goldens.names(of: "zoom_order0_index") {
      let expected = try tensor("zoom_order0_index/\(name)").values
      let length = try #require(Int(name.split(separator: "_")[0]))
      let places = Tensor([1, length], (0..<length).map { Float($0 + 1) })
      let map = PixelMap.zoom(
        from: PlaneSize(height: 1, width: length),
        to: PlaneSize(height: 1, width: expected.count))
      #expect(map(places).values == expected.map { $0 + 1 }, "\(name)")
    }
  }

  @Test func `the chain of SAMed's sizes is SciPy's`() throws {
    let source = try bytes("chain/image_128_u8_repeat_4x4")
    var image = Tensor(
      [512, 512],
      (0..<512 * 512).map { Float(source[$0 / 512 / 4, $0 % 512 / 4]) / 255 })
    let sums = try goldens.doubles("chain/image_sums_224_512_1024")
    for (index, (side, step)) in [(224, 2), (512, 16), (1024, 64)].enumerated() {
      image = image.zoomed(to: PlaneSize(height: side, width: side))
      let rows = try tensor("chain/image_\(side)_rows_every_\(step)")
      #expect(largestDifference(everyRow(step, of: image), rows.values) <= 2e-6, "\(side)")
      let sum = image.values.reduce(0.0) { $0 + Double($1) }
      #expect(abs(sum - sums[index]) < 1e-6 * Double(side * side), "\(side)")
    }
  }

  @Test func `the chain of labels is SciPy's`() throws {
    let source = try bytes("chain/label_64_u8_repeat_8x8")
    var label = ByteImage(
      height: 512, width: 512, values: (0..<512 * 512).map { source[$0 / 512 / 8, $0 % 512 / 8] })
    let counts = try goldens.integers("chain/label_pixel_counts_512_224_512_1024")
    for (index, side) in [512, 224, 512, 1024].enumerated() {
      if index > 0 { label = zoomed(label, to: side, side) }
      let found = (0..<9).map { value in
        label.values.count { $0 == UInt8(value) }
      }
      #expect(found == Array(counts[index * 9..<index * 9 + 9]), "\(side)")
      if side == 224 { #expect(try label == bytes("chain/label_224")) }
    }
    let rows = try bytes("chain/label_1024_rows_every_32").values
    let found: [UInt8] = (0..<32).flatMap { label.values[$0 * 32768..<$0 * 32768 + 1024] }
    #expect(found == rows)
  }

  @Test func `rotation of order 0 is SciPy's`() throws {
    for folder in ["64x64", "45x62"] {
      let group = "rotate_order0/\(folder)"
      let label = try bytes("\(group)/label")
      let image = try tensor("\(group)/image")
      for name in try goldens.names(of: group) where name.contains("_angle_") {
        let degrees = try #require(Double(name.split(separator: "_")[2]))
        let map = PixelMap.rotation(degrees: degrees, of: size(image))
        if name.hasPrefix("label") {
          #expect(try map(label) == bytes("\(group)/\(name)"), "\(folder) \(name)")
        } else {
          #expect(try map(image) == tensor("\(group)/\(name)"), "\(folder) \(name)")
        }
      }
    }
  }

  @Test func `quarter turns and flips are NumPy's`() throws {
    let image = try tensor("rot90_flip/image")
    for turns in 0..<4 {
      for axis in 0..<2 {
        let turn = PixelMap.quarterTurns(turns, of: size(image))
        let map = turn.followed(by: .flip(axis: axis, of: turn.size))
        #expect(try map(image) == tensor("rot90_flip/rot90_\(turns)_flip_\(axis)"))
      }
    }
  }

  @Test(arguments: ["down", "up", "tall", "same"])
  func `the resize of the longest side is Pillow's, byte for byte`(name: String) throws {
    let forward = try Goldens.hdf5("sam-micro/forward.h5")
    let picture = try bytes("raw/\(name)", in: forward)
    let expected = try bytes("preprocess/\(name)/resized_pil_u8", in: forward)
    let size = ByteImage.longestSide(
      128, of: PlaneSize(height: picture.height, width: picture.width))
    #expect(size == PlaneSize(height: expected.height, width: expected.width))
    #expect(picture.resized(to: size) == expected)
  }

  @Test(arguments: ["down", "up"])
  func `the resize of the longest side of floats is PyTorch's`(name: String) throws {
    let forward = try Goldens.hdf5("sam-micro/forward.h5")
    let picture = try bytes("raw/\(name)", in: forward)
    let expected = try forward.floats("preprocess/\(name)/resized_torch_channel_0")
    let channel = Tensor(
      [picture.height, picture.width],
      (0..<picture.height * picture.width).map { Float(picture.values[$0 * 3]) })
    let found = channel.resized(
      height: expected.shape[0], width: expected.shape[1], antialias: true)
    #expect(largestDifference(found.values, expected.values) <= 1e-3)
  }

  @Test func `a plane zoomed to its own size is itself`() {
    var random = Random(seed: 3)
    let image = randomTensor([2, 17, 23], using: &random)
    let found = image.zoomed(to: PlaneSize(height: 17, width: 23))
    #expect(largestDifference(found.values, image.values) < 1e-6)
  }

  private func zoomed(_ image: ByteImage, to height: Int, _ width: Int) -> ByteImage {
    PixelMap.zoom(
      from: PlaneSize(height: image.height, width: image.width),
      to: PlaneSize(height: height, width: width))(image)
  }

  private func everyRow(_ step: Int, of image: Tensor) -> [Float] {
    let width = size(image).width
    return stride(from: 0, to: size(image).height, by: step)
      .flatMap { Array(image.values[$0 * width..<($0 + 1) * width]) }
  }
}
