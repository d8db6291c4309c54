import SegmentAnything
import Tensors
import TestKit
import Testing

struct PreprocessingTests {
  private static let sizes = [
    "down": (150, 213), "up": (67, 97), "tall": (101, 68), "same": (90, 128),
  ]

  @Test(arguments: sizes.keys.sorted())
  func `the size of the resized image is upstream's`(name: String) throws {
    let golden = try Micro.forward()
    let (height, width) = try #require(PreprocessingTests.sizes[name])
    let way = Preprocessing(size: 128, height: height, width: width)
    #expect(
      try golden.integers("preprocess/\(name)/resized_size_hw")
        == [way.resizedHeight, way.resizedWidth])
  }

  @Test func `the encoder's input is normalised and padded with zeros`() throws {
    let golden = try Micro.forward()
    let pixels = try golden.floats("preprocess/down/resized_pil_u8")
    let planar = pixels.reshaped([1] + pixels.shape).channelsFirst.reshaped([3, 90, 128])
    let input = Preprocessing(size: 128, height: 150, width: 213).normalised(planar)
    #expect(difference(input, try Micro.input(golden)) < 1e-6)
  }

  @Test(arguments: ["point1", "points2", "box_points2", "batch_points"])
  func `points map to the resized image as upstream maps them`(name: String) throws {
    let golden = try Micro.forward()
    let way = Preprocessing(size: 128, height: 150, width: 213)
    let raw = try golden.doubles("prompts/\(name)/points_raw_xy")
    let mapped = try golden.floats("prompts/\(name)/points_input_xy").values
    for index in stride(from: 0, to: raw.count, by: 2) {
      let place = way.mapped(x: raw[index], y: raw[index + 1])
      #expect([place.x, place.y] == [mapped[index], mapped[index + 1]])
    }
  }

  @Test func `an image of one pixel keeps one pixel`() {
    let way = Preprocessing(size: 64, height: 1, width: 4000)
    #expect(way.resizedHeight == 1)
    #expect(way.resizedWidth == 64)
  }
}
