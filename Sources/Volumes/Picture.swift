import Archives
public import Foundation
import Tensors

/// A picture lies as it is shown: x towards the patient's left, y downwards towards posterior, one pixel one unit.
private func pictureGeometry(_ width: Int, _ height: Int) -> Geometry {
  Geometry(
    extents: SIMD3(width, height, 1), affine: Affine(spacing: SIMD3(-1, -1, 1)), unit: .pixel)
}

private func pictureSource(_ picture: PNG, _ geometry: Geometry, _ warnings: [String]) -> Source {
  Source(
    format: .png, datatype: "uint\(picture.depth)", geometry: geometry, warnings: warnings,
    header: nil)
}

private func decoded(_ bytes: Data, path: String) throws(VolumeError) -> PNG {
  do throws(ArchiveError) { return try PNG(bytes, source: path) } catch { throw .archive(error) }
}

extension ByteImage {
  /// The picture as the bytes of a PNG file.
  public var png: Data {
    PNG(width: width, height: height, channels: channels, bytes: values).file
  }
}

extension Volume {
  /// The channels of a picture, values 0 to 255 (or 65535); transparency is left out.
  static func picture(_ bytes: Data, path: String) throws(VolumeError) -> Volume {
    let picture = try decoded(bytes, path: path)
    let geometry = pictureGeometry(picture.width, picture.height)
    let colours = picture.channels >= 3 ? 3 : 1
    let count = geometry.count
    let voxels = Tensor(unfilled: [colours] + geometry.shape) { target in
      for channel in 0..<colours {
        for at in 0..<count {
          target[channel * count + at] = Float(picture.samples[at * picture.channels + channel])
        }
      }
    }
    let warnings =
      picture.channels % 2 == 0 ? ["The picture's transparency was ignored."] : [String]()
    return Volume(
      voxels: voxels, geometry: geometry, source: pictureSource(picture, geometry, warnings))
  }
}

extension LabelVolume {
  /// The labels of a picture: the palette's indices where it has one, else its gray values.
  ///
  /// A picture in colour counts where its three colours are equal in every pixel.
  static func picture(_ bytes: Data, path: String) throws(VolumeError) -> LabelVolume {
    let picture = try decoded(bytes, path: path)
    let geometry = pictureGeometry(picture.width, picture.height)
    let source = pictureSource(picture, geometry, [])
    if let indices = picture.indices {
      return LabelVolume(values: indices.map { Int32($0) }, geometry: geometry, source: source)
    }
    let channels = picture.channels
    var values = [Int32](repeating: 0, count: geometry.count)
    for at in values.indices {
      let pixel = picture.samples[at * channels..<at * channels + (channels >= 3 ? 3 : 1)]
      values[at] = Int32(picture.samples[at * channels])
      guard pixel.allSatisfy({ Int32($0) == values[at] }) else {
        throw .label(
          path: path, value: pixel.map { "\($0)" }.joined(separator: ","),
          voxel: Array(geometry.index(of: at).prefix(2)),
          reason: "is a colour; a label picture is gray or has a palette")
      }
    }
    return LabelVolume(values: values, geometry: geometry, source: source)
  }
}
