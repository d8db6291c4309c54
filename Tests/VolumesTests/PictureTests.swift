import Archives
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// PNG files of every kind as images and labels, and images and labels as PNG files.
struct PictureTests {
  static let files =
    (try? FileManager.default.contentsOfDirectory(atPath: Goldens.path("formats/png")))?
    .filter { $0.hasSuffix(".png") }.sorted() ?? []

  @Test func `there are 30 golden pictures`() { #expect(Self.files.count == 30) }

  /// The samples [height, width, channels] of a golden picture as its file stores them.
  private func expected(_ file: String) throws -> (samples: [Int], channels: Int) {
    let name = file.replacing(".png", with: "").replacing("_interlaced", with: "")
    let array = try NPZ(contentsOf: Goldens.path("formats/png/expected.npz")).array(name)
    return (try #require(array.integers), array.shape[2])
  }

  @Test(arguments: files)
  func `a picture of every colour type, depth and interlacing is read`(file: String) throws {
    let path = Goldens.path("formats/png/\(file)")
    let (samples, channels) = try expected(file)
    let picture = try PNG(try Data(mapping: path), source: file)
    let volume = try Volume.read(path)
    #expect(volume.geometry.extents == SIMD3(13, 11, 1) && volume.geometry.unit == .pixel)
    if file.hasPrefix("palette") {
      #expect(picture.indices?.map(Int.init) == samples)
      #expect(try LabelVolume.read(path).values.map(Int.init) == samples)
      let colours = samples.map { Float($0 * 3 % 251) }
      #expect(Array(volume.voxels.values.prefix(143)) == colours)
      return
    }
    let scale =
      ["gray1": 255, "gray2": 85, "gray4": 17].first {
        file.hasPrefix($0.key + ".") || file.hasPrefix($0.key + "_i")
      }?.value ?? 1
    #expect(picture.samples.map(Int.init) == samples.map { $0 * scale })
    let colours = channels >= 3 ? 3 : 1
    #expect(volume.channels == colours)
    for channel in 0..<colours {
      let values = (0..<143).map { Float(samples[$0 * channels + channel] * scale) }
      #expect(Array(volume.voxels.values[channel * 143..<(channel + 1) * 143]) == values)
    }
    #expect(volume.source.warnings.isEmpty == (channels % 2 == 1))
    if channels >= 3 {
      #expect(throws: VolumeError.self) { try LabelVolume.read(path) }
    } else {
      #expect(
        try LabelVolume.read(path).values.map(Int.init)
          == (0..<143).map { samples[$0 * channels] * scale })
    }
  }

  @Test func `images and masks are written with 8 bits, or 16 where they need it`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("x.png").path
    let geometry = Geometry(extents: SIMD3(4, 3, 1), affine: Affine(spacing: SIMD3(1, 1, 1)))
    for (channels, scale) in [(1, 1), (3, 1), (1, 900), (3, 900)] {
      let values = (0..<12 * channels).map { Float($0 * scale) }
      let volume = Volume(voxels: Tensor([channels, 1, 3, 4], values), geometry: geometry)
      try volume.write(path)
      #expect(try Volume.read(path).voxels == volume.voxels)
      #expect(try PNG(try Data(mapping: path), source: path).depth == (scale == 1 ? 8 : 16))
    }
    for scale in [Int32(1), 900] {
      let labels = LabelVolume(values: (0..<12).map { $0 * scale }, geometry: geometry)
      try labels.write(path)
      #expect(try LabelVolume.read(path).values == labels.values)
      #expect(try PNG(try Data(mapping: path), source: path).depth == (scale == 1 ? 8 : 16))
    }
  }

  @Test func `what a PNG cannot hold is refused with the reason`() throws {
    let geometry = Geometry(extents: SIMD3(2, 1, 1), affine: Affine(spacing: SIMD3(1, 1, 1)))
    func refusal(_ channels: Int, _ values: [Float]) -> String? {
      let image = Volume(voxels: Tensor([channels, 1, 1, 2], values), geometry: geometry)
      return #expect(throws: VolumeError.self) { try image.write("/none/x.png") }?.description
    }
    #expect(refusal(1, [0, 0.5])?.contains("the voxel [1, 0, 0] is 0.5") == true)
    #expect(refusal(1, [-3, 0])?.contains("is -3.0") == true)
    #expect(refusal(1, [0, 65536])?.contains("is 65536.0") == true)
    #expect(refusal(2, [0, 0, 0, 0])?.contains("1 channel or 3, and the image has 2") == true)
    let labels = LabelVolume(values: [0, 70000], geometry: geometry)
    let error = #expect(throws: VolumeError.self) { try labels.write("/none/x.png") }
    #expect(error?.description.contains("70000") == true)
    let deep = LabelVolume(
      values: [0, 1], geometry: Geometry(extents: SIMD3(1, 1, 2), affine: geometry.affine))
    #expect(throws: VolumeError.self) { try deep.write("/none/x.png") }
  }

  @Test func `a folder of slices is replaced whole, and no other folder is touched`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let target = folder.appendingPathComponent("scan").path
    func labels(_ slices: Int) -> LabelVolume {
      LabelVolume(
        values: (0..<slices * 2).map { Int32($0) },
        geometry: Geometry(
          extents: SIMD3(2, 1, slices), affine: Affine(spacing: SIMD3(1, 1, 1))))
    }
    try labels(5).writeSlices(to: target)
    try labels(3).writeSlices(to: target)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: target).sorted() == [
        "scan_slice000.png", "scan_slice001.png", "scan_slice002.png",
      ])
    #expect(try LabelVolume.read(target + "/scan_slice002.png").values == [4, 5])
    try Data().write(to: URL(fileURLWithPath: target + "/notes.txt"))
    #expect(throws: VolumeError.self) { try labels(3).writeSlices(to: target) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: target).count == 4)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["scan"])
  }
}
