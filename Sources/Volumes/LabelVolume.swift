/// A volume of whole numbers: what each voxel belongs to.
public struct LabelVolume: Sendable, Equatable {
  /// The labels [D, H, W], x fastest.
  public let values: [Int32]
  /// Where the voxels lie, in the present arrangement.
  public let geometry: Geometry
  /// What the volume was on disk, whatever was done to it since.
  public let source: Source

  /// A volume of labels [D, H, W]; without a source it counts as made in its own grid.
  ///
  /// A prediction takes the source of the image it was made from, so that it is written in that image's grid.
  public init(values: [Int32], geometry: Geometry, source: Source? = nil) {
    precondition(
      values.count == geometry.count,
      "LabelVolume: \(values.count) labels do not fit the extents \(geometry.shape)")
    self.values = values
    self.geometry = geometry
    self.source = source ?? Source(geometry)
  }

  /// The same labels with W towards right, H towards anterior and D towards superior.
  public var canonical: LabelVolume {
    let change = geometry.orientation.toCanonical
    return change.isIdentity ? self : rearranged(change)
  }

  /// Canonical labels back in the arrangement of their source; labels that have it already stay as they are.
  public var restored: LabelVolume {
    let orientation = source.geometry.orientation
    guard geometry.orientation != orientation else { return self }
    return rearranged(orientation.toCanonical.inverse)
  }

  /// The same labels with their axes running as those of an image do, where both lie in the same voxels.
  ///
  /// Programs that turn DICOM into NIfTI flip rows, for example. Labels of another grid stay as they are.
  func arranged(as grid: Geometry) -> LabelVolume {
    guard geometry.difference(from: grid) != nil,
      geometry.canonical.difference(from: grid.canonical) == nil
    else { return self }
    return canonical.rearranged(grid.orientation.toCanonical.inverse)
  }

  private func rearranged(_ change: Rearrangement) -> LabelVolume {
    let moved = [Int32](unsafeUninitializedCapacity: values.count) { target, count in
      values.withUnsafeBufferPointer { source in
        if let source = source.baseAddress, let target = target.baseAddress {
          change.move(source, extents: geometry.extents, images: 1, to: target)
        }
      }
      count = values.count
    }
    return LabelVolume(values: moved, geometry: geometry.rearranged(change), source: source)
  }

  /// How often each label occurs, 0 included.
  public var counts: [Int32: Int] {
    var counts: [Int32: Int] = [:]
    var position = 0
    while position < values.count {
      let label = values[position]
      let start = position
      while position < values.count, values[position] == label { position += 1 }
      counts[label, default: 0] += position - start
    }
    return counts
  }
}
