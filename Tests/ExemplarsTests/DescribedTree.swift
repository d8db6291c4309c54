import Exemplars
import Foundation
import Tensors
import TestKit
import Volumes

/// A folder of files as a data set names them, for one test.
struct DescribedTree {
  let folder: String

  /// Runs `body` in an empty folder, which is removed afterwards.
  static func make(_ body: (DescribedTree) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(DescribedTree(folder: folder.path))
  }

  private func place(_ name: String) throws -> String {
    let path = "\(folder)/\(name)"
    try FileManager.default.createDirectory(
      atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path,
      withIntermediateDirectories: true)
    return path
  }

  /// A scan whose first values are its own, so that channels and cases can be told apart.
  func image(
    _ name: String, _ value: Float, geometry: Geometry = Phantom.geometry, channels: Int = 1
  ) throws {
    let values = (0..<channels).flatMap { channel in
      (0..<geometry.count).map { value + Float(1000 * channel) + Float($0) }
    }
    try Volume(voxels: Tensor([channels] + geometry.shape, values), geometry: geometry)
      .write(try place(name))
  }

  /// A label volume with some values, 0 first.
  func labels(_ name: String, _ values: [Int32], geometry: Geometry = Phantom.geometry) throws {
    let all = (0..<geometry.count).map { $0 < values.count + 1 && $0 > 0 ? values[$0 - 1] : 0 }
    try LabelVolume(values: all, geometry: geometry).write(try place(name))
  }

  func text(_ name: String, _ text: String) throws {
    try text.write(toFile: try place(name), atomically: true, encoding: .utf8)
  }

  func bytes(_ name: String, _ bytes: Data) throws {
    try bytes.write(to: URL(fileURLWithPath: try place(name)))
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
  }

  /// The pack of the folder as a descriptor reads it.
  func pack(
    _ dataset: Descriptor, labels: String? = nil, channels: [String]? = nil
  ) throws -> Pack {
    let packing = Packing(
      dataset: dataset, folders: [folder], labels: try labels.map { try dataset.labelMap($0) },
      channels: channels)
    let path = try place("out/p.h5")
    try packing.write(try packing.check(), to: path)
    return try Pack(path)
  }

  /// The sentences of the error that packing ends in.
  func refusal(_ dataset: Descriptor, labels: String? = nil) throws -> String {
    do {
      _ = try pack(dataset, labels: labels)
      return "packed"
    } catch let error as ExemplarError {
      return error.description
    } catch let error as VolumeError {
      return error.description
    }
  }
}

extension Pack {
  /// The first voxel of each channel of a case, in the arrangement of its file.
  func firsts(_ id: String) throws -> [Float] {
    let image = try image(id).restored
    return (0..<image.channels).map { image.voxels[flat: $0 * image.geometry.count] }
  }

  /// How many voxels of a case have each class.
  func counts(_ id: String) throws -> [Int32: Int] {
    try classes(id).counts.filter { $0.key != 0 }
  }
}
