extension DICOMStack {
  /// How many stacks a folder may hold.
  private static let most = 512

  /// The frames of some files as stacks, in the order in which they are numbered for the user.
  ///
  /// A series is split where directions, sizes or distances of pixels differ. Where frames share a position, it is also
  /// split by the first thing that tells all of them apart: kind of image, echo, acquisition, time, diffusion weighting.
  static func grouped(_ slices: [DICOMSlice], path: String) throws(VolumeError) -> [DICOMStack] {
    var series: [String: [[DICOMSlice]]] = [:]
    var groups = 0
    for slice in slices {
      // A frame without a position is a picture of its own, together with the other frames of its file.
      let place = slice.plane == nil ? slice.file.path : ""
      let name = (slice.file.dataSet.text(.seriesUID) ?? "") + "\0" + place
      let found = series[name, default: []].firstIndex { $0[0].fits(slice) }
      if let found {
        series[name]?[found].append(slice)
      } else {
        series[name, default: []].append([slice])
        groups += 1
      }
      guard groups <= most else {
        throw .unsupported(
          path: path,
          reason:
            "the pictures in it lie in more than \(most) different ways; name a folder with one "
            + "series")
      }
    }
    return series.values.joined().flatMap { split($0, path: path) }.sorted { $0.order < $1.order }
  }

  /// One group of frames without copies, sorted, and in parts where frames share a position.
  private static func split(_ slices: [DICOMSlice], path: String) -> [DICOMStack] {
    var seen: Set<String> = []
    let own = slices.filter { slice in
      guard let name = slice.file.dataSet.text(.instanceUID) else { return true }
      return seen.insert("\(name) \(slice.frame)").inserted
    }
    let copies = slices.count - own.count
    let whole = DICOMStack(slices: own.sorted(), copies: copies, path: path)
    guard slices[0].plane != nil, whole.hasDoubles else { return [whole] }
    for part in slices[0].phase.indices {
      let parts = Dictionary(grouping: own) { $0.phase[part] }
      let stacks = parts.values.map {
        DICOMStack(slices: $0.sorted(), copies: copies, path: path)
      }
      if stacks.count > 1, stacks.allSatisfy({ !$0.hasDoubles }) { return stacks }
    }
    return [whole]
  }

  /// Whether two frames lie in the same place.
  private var hasDoubles: Bool {
    let places = places
    return zip(places.dropFirst(), places).contains { $0 - $1 <= 1e-3 }
  }
}

extension DICOMSlice {
  /// Whether a frame can lie in one volume with this one.
  fileprivate func fits(_ other: DICOMSlice) -> Bool {
    guard image.rows == other.image.rows, image.columns == other.image.columns else { return false }
    guard let plane, let its = other.plane else { return plane == nil && other.plane == nil }
    return plane.isParallel(to: its)
  }
}

extension [DICOMSlice] {
  /// The frames along the normal of the first, those of one place by file and frame.
  func sorted() -> [DICOMSlice] {
    guard let normal = first?.plane?.normal else { return self }
    return map { (place: $0.plane?.position.dot(normal) ?? 0, slice: $0) }
      .sorted {
        ($0.place, $0.slice.file.path, $0.slice.frame)
          < ($1.place, $1.slice.file.path, $1.slice.frame)
      }.map(\.slice)
  }
}
