import Volumes

extension CaseReader {
  /// Masks of one class each, files by the names of their classes, as one volume of labels.
  ///
  /// A class's voxels get the value its mask would be written with. Masks that no class is named for are left out.
  func joined(
    _ files: [String: String], _ entry: ListedCase, _ grid: Geometry
  ) throws -> LabelVolume {
    let classes = classes ?? LabelMap([])
    var values = [Int32](repeating: 0, count: grid.count)
    for (index, one) in classes.classes.enumerated() {
      guard let path = files.first(where: { $0.key.lowercased() == one.name.lowercased() })?.value
      else {
        throw ExemplarError.missingPartner(
          id: entry.id, found: "other masks in \(entry.label)", missing: "mask \(one.name)")
      }
      let mask = try LabelVolume.read(path, on: grid)
      if let difference = mask.geometry.difference(from: grid) {
        throw VolumeError.grids(one: path, other: entry.images[0], difference: difference)
      }
      let found = mask.counts.keys.filter { $0 != 0 }
      guard found.count < 2 else {
        throw ExemplarError.voxels(
          id: entry.id, path: path,
          reason: "the mask of one class has the values "
            + found.sorted().map { "\($0)" }.joined(separator: ", "))
      }
      var overlap = 0
      for (at, value) in mask.values.enumerated() where value != 0 {
        overlap += values[at] == 0 ? 0 : 1
        values[at] = classes.outputValue(of: index + 1)
      }
      guard overlap == 0 else {
        throw ExemplarError.voxels(
          id: entry.id, path: path,
          reason: "\(overlap) voxels belong to another mask of the case as well")
      }
    }
    return LabelVolume(values: values, geometry: grid)
  }
}
