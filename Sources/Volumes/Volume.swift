public import Tensors

/// An image of one or more channels with its place in the patient.
public struct Volume: Sendable {
  /// The values [C, D, H, W]; x, the first axis on disk, is W and runs fastest.
  public let voxels: Tensor
  /// Where the voxels lie, in the present arrangement.
  public let geometry: Geometry
  /// What the image was on disk, whatever was done to it since.
  public let source: Source

  /// An image of values [C, D, H, W]; without a source it counts as made in its own grid.
  public init(voxels: Tensor, geometry: Geometry, source: Source? = nil) {
    precondition(
      voxels.shape.count == 4 && Array(voxels.shape.dropFirst()) == geometry.shape,
      "Volume: voxels \(voxels.shape) do not fit the extents [C] + \(geometry.shape)")
    self.voxels = voxels
    self.geometry = geometry
    self.source = source ?? Source(geometry)
  }

  /// The number of channels.
  public var channels: Int { voxels.shape[0] }

  /// The same image with W towards right, H towards anterior and D towards superior.
  public var canonical: Volume {
    let change = geometry.orientation.toCanonical
    return change.isIdentity ? self : rearranged(change)
  }

  /// A canonical image back in the arrangement of its source; one that has it already stays as it is.
  public var restored: Volume {
    let orientation = source.geometry.orientation
    guard geometry.orientation != orientation else { return self }
    return rearranged(orientation.toCanonical.inverse)
  }

  /// The same image with its axes running as those of another grid do; both must be equal but for that.
  func arranged(as grid: Geometry) -> Volume {
    canonical.rearranged(grid.orientation.toCanonical.inverse)
  }

  private func rearranged(_ change: Rearrangement) -> Volume {
    let result = geometry.rearranged(change)
    let moved = Tensor(unfilled: [channels] + result.shape) { target in
      voxels.withPointer {
        change.move($0, extents: geometry.extents, images: channels, to: target)
      }
    }
    return Volume(voxels: moved, geometry: result, source: source)
  }

  /// The image itself, if every value is finite; `name` is the file or case the error speaks of.
  public func checkedFinite(_ name: String) throws(VolumeError) -> Volume {
    let found = voxels.withPointer { values in
      (0..<voxels.count).first { !values[$0].isFinite }
    }
    guard let found else { return self }
    throw .notFinite(
      name: name, value: "\(voxels[flat: found])", voxel: geometry.index(of: found % geometry.count)
    )
  }

  /// The smallest and the largest value that is not NaN; nil where there is none.
  public var range: ClosedRange<Float>? {
    voxels.withPointer { values in
      var (low, high) = (Float.infinity, -Float.infinity)
      for at in 0..<voxels.count {
        low = values[at] < low ? values[at] : low
        high = values[at] > high ? values[at] : high
      }
      return low <= high ? low...high : nil
    }
  }
}

extension Geometry {
  /// The index [x, y, z] of a position in the fastest-first order of the voxels.
  func index(of position: Int) -> [Int] {
    [
      position % extents.x, position / extents.x % extents.y, position / (extents.x * extents.y),
    ]
  }
}
