import Archives
import Foundation
import Tensors

/// The slices of an image or of labels as pictures: the slices along the third axis of the file, first slice first, the
/// file's first axis from left to right and its second from top to bottom.
struct PictureSlices {
  private let extents: SIMD3<Int>
  private let channels: Int
  private let depth: Int
  private let path: String
  /// The samples [D, H, W, channels].
  private let samples: [UInt16]

  /// The slices of labels in the arrangement of their source; `path` is for the errors.
  init(_ labels: LabelVolume, path: String) throws(VolumeError) {
    self.path = path
    extents = labels.geometry.extents
    channels = 1
    if let at = labels.values.firstIndex(where: { !(0...65535).contains($0) }) {
      throw .label(
        path: path, value: "\(labels.values[at])", voxel: labels.geometry.index(of: at),
        reason: "does not fit a PNG, which holds 0 to 65535")
    }
    samples = labels.values.map { UInt16($0) }
    depth = samples.contains { $0 > 255 } ? 16 : 8
  }

  /// The slices of an image in the arrangement of its source; `path` is for the errors.
  init(_ image: Volume, path: String) throws(VolumeError) {
    self.path = path
    extents = image.geometry.extents
    channels = image.channels
    guard channels == 1 || channels == 3 else {
      throw .unsupported(
        path: path,
        reason: "a PNG holds 1 channel or 3, and the image has \(channels); name another format")
    }
    let values = image.voxels.values
    func holds(_ value: Float) -> Bool { value == value.rounded() && value >= 0 && value <= 65535 }
    if let at = values.firstIndex(where: { !holds($0) }) {
      throw .unsupported(
        path: path,
        reason: "a PNG holds whole numbers from 0 to 65535, and the voxel "
          + "\(image.geometry.index(of: at % image.geometry.count)) is \(values[at]); "
          + "name another format")
    }
    let (channels, count) = (channels, image.geometry.count)
    samples = (0..<values.count).map {
      UInt16(values[$0 % channels * count + $0 / channels])
    }
    depth = samples.contains { $0 > 255 } ? 16 : 8
  }

  /// How many slices there are.
  var count: Int { extents.z }

  /// The picture of a slice; all slices have the same depth.
  subscript(slice: Int) -> PNG {
    let size = extents.x * extents.y * channels
    return PNG(
      width: extents.x, height: extents.y, channels: channels, depth: depth,
      samples: Array(samples[slice * size..<(slice + 1) * size]))
  }

  /// The picture of the one slice there is.
  func only() throws(VolumeError) -> PNG {
    guard count == 1 else {
      throw .unsupported(
        path: path,
        reason: "a PNG holds one slice, and there are \(count); name another format, or a folder "
          + "for one PNG a slice")
    }
    return self[0]
  }

  /// Writes the folder of the path with one PNG a slice in it: NAME_slice000.png, NAME_slice001.png and so on.
  ///
  /// The folder appears whole or not at all. One that is there is replaced if it holds such files only.
  func write() throws(VolumeError) {
    let name = URL(fileURLWithPath: path).lastPathComponent
    let digits = max(3, "\(count - 1)".count)
    try AtomicFile.replaceFolder(
      path, holding: { $0.hasPrefix(name + "_slice") && $0.hasSuffix(".png") },
      wrapping: VolumeError.archive
    ) { (folder: String) throws(VolumeError) in
      for slice in 0..<count {
        let number = "\(slice)"
        let zeros = String(repeating: "0", count: digits - number.count)
        let file = "\(folder)/\(name)_slice\(zeros)\(number).png"
        do throws(ArchiveError) { try AtomicFile.write(self[slice].file, to: file) } catch {
          throw .archive(error)
        }
      }
    }
  }
}

extension Volume {
  /// Writes one PNG a slice into a folder, which is made: NAME_slice000.png and on, NAME being the folder's own.
  ///
  /// The slices are those of the file the image came from, in its own order. Pictures keep no spacing, orientation or
  /// place in the patient. Values must be whole numbers from 0 to 65535, in one channel or three.
  public func writeSlices(to folder: String) throws(VolumeError) {
    try PictureSlices(restored, path: folder).write()
  }

  /// Writes the image to a path without its ending, losing no value, and returns the whole path; as PNG a volume of
  /// several slices becomes the folder of that name.
  public func write(as format: WrittenFormat, _ stem: String) throws(VolumeError) -> String {
    let path = format.path(stem, slices: source.geometry.extents.z)
    if path == stem { try writeSlices(to: path) } else { try write(path, numbers: .smallest) }
    return path
  }
}

extension LabelVolume {
  /// Writes one gray PNG a slice into a folder, which is made: NAME_slice000.png and on, NAME being the folder's own.
  ///
  /// The slices are those of the file the image came from, in its own order, all of 8 bits, or of 16 where a label is
  /// above 255. Pictures keep no spacing, orientation or place in the patient.
  public func writeSlices(to folder: String) throws(VolumeError) {
    try PictureSlices(restored, path: folder).write()
  }

  /// Writes the labels to a path without its ending and returns the whole path; as PNG a volume of several slices becomes
  /// the folder of that name.
  public func write(as format: WrittenFormat, _ stem: String) throws(VolumeError) -> String {
    let path = format.path(stem, slices: source.geometry.extents.z)
    if path == stem { try writeSlices(to: path) } else { try write(path) }
    return path
  }
}
