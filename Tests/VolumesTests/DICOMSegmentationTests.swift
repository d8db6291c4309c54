import Foundation
import TestKit
import Testing
import Volumes

/// DICOM segmentations in their own grid and in that of their image.
struct DICOMSegmentationTests {
  private func read(
    _ sample: DICOMSample, on grid: Geometry? = nil
  ) throws -> LabelVolume {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("seg.dcm").path
    try sample.file.write(to: URL(fileURLWithPath: path))
    return try LabelVolume.read(path, on: grid)
  }

  /// A frame of one pixel.
  private func frame(
    _ z: Double, _ segment: UInt16, at pixel: Int
  ) -> (z: Double, segment: UInt16, pixels: [Bool]) {
    (z, segment, (0..<12).map { $0 == pixel })
  }

  private let grid = Geometry(
    extents: SIMD3(4, 3, 5),
    affine: Affine(spacing: SIMD3(-0.6, -0.75, 2), translation: SIMD3(10, 20, 0)))

  @Test func `frames lie where they say, and places without one are background`() throws {
    let sample = DICOMSample.segmentation([
      frame(6, 2, at: 11), frame(2, 1, at: 0), frame(2, 2, at: 5),
    ])
    let own = try read(sample)
    #expect(own.geometry.extents == SIMD3(4, 3, 2) && own.geometry.spacing.z == 4)
    #expect(own.values.enumerated().filter { $0.element != 0 }.map(\.offset) == [0, 5, 23])
    let placed = try read(sample, on: grid)
    #expect(placed.geometry == grid)
    #expect(placed.values.enumerated().filter { $0.element != 0 }.map(\.offset) == [12, 17, 47])
    #expect([12, 17, 47].map { placed.values[$0] } == [1, 2, 2])
  }

  @Test func `an image whose axes run otherwise gets the same labels`() throws {
    let sample = DICOMSample.segmentation([frame(6, 2, at: 11), frame(2, 1, at: 0)])
    let turned = grid.canonical
    #expect(
      try read(sample, on: turned).canonical.values == read(sample, on: grid).canonical.values)
  }

  @Test func `what cannot be honoured is refused`() throws {
    func refusal(_ sample: DICOMSample) -> String {
      let error = #expect(throws: VolumeError.self) { try read(sample, on: grid) }
      return error?.description ?? ""
    }
    let overlap = DICOMSample.segmentation([frame(2, 1, at: 4), frame(2, 2, at: 4)])
    #expect(refusal(overlap).contains("segments 1 and 2 overlap"))
    #expect(refusal(.segmentation([frame(3, 1, at: 4)])).contains("does not lie on the voxels"))
    #expect(
      refusal(.segmentation([frame(12, 1, at: 4)])).contains(
        "1 voxels of the segmentation lie outside"))
    var fractional = DICOMSample.segmentation([frame(2, 1, at: 4)])
    fractional.set(0x0062_0001, "CS", "FRACTIONAL")
    #expect(refusal(fractional).contains("FRACTIONAL"))
    var contours = DICOMSample.segmentation([frame(2, 1, at: 4)])
    contours.set(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.481.3")
    contours.remove(0x0062_0001)
    #expect(refusal(contours).contains("RT structure set"))
  }

  @Test func `segments are named`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("seg").path
    try DICOMSample.segmentation([frame(2, 3, at: 4), frame(2, 7, at: 5)]).file
      .write(to: URL(fileURLWithPath: path))
    let segments = try DICOMSegmentation(path).segments
    #expect(segments.map(\.number) == [3, 7])
    #expect(segments.map(\.label) == ["organ 3", "organ 7"])
  }
}
