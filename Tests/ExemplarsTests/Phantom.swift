import Exemplars
import Foundation
import Tensors
import TestKit
import Volumes

/// A small asymmetric scan with its label, and folders of such scans.
struct Phantom {
  static let geometry = Geometry(
    extents: SIMD3(5, 4, 3),
    affine: Affine(spacing: SIMD3(0.8, 1.2, 2), translation: SIMD3(-10, 20, 5)))

  var image = (0..<60).map { Float($0 * $0 % 61) }
  var labels = (0..<60).map { Int32($0 % 7 == 0 ? 1 : $0 % 11 == 0 ? 2 : 0) }
  var geometry = Self.geometry

  /// Writes the image and the label in the arrangement of an orientation.
  func write(
    image imagePath: String, label labelPath: String,
    as orientation: Orientation = .canonical, channels: Int = 1
  ) throws {
    let source = Source(geometry.rearranged(orientation.toCanonical.inverse))
    let values = (0..<channels).flatMap { channel in image.map { $0 + Float(100 * channel) } }
    try Volume(
      voxels: Tensor([channels] + geometry.shape, values), geometry: geometry, source: source
    ).write(imagePath)
    try LabelVolume(values: labels, geometry: geometry, source: source).write(labelPath)
  }

  /// Runs `body` in a folder with the given folders in it, which is removed afterwards.
  static func inFolder(_ names: [String], _ body: (String) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in names {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    try body(folder.path)
  }
}

/// Checks and packs, and opens the pack.
func pack(_ packing: Packing, in folder: String) throws -> Pack {
  let path = folder + "/p.h5"
  try packing.write(try packing.check(), to: path)
  return try Pack(path)
}
