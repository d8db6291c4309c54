import Foundation

/// The axes of an NRRD file: which run through space, which one holds channels, and where the voxels lie.
struct NRRDAxes {
  private let fields: TextFields
  /// The extents of all axes, fastest first.
  let sizes: [Int]
  /// The direction of each axis; nil for one that does not run through space.
  private let directions: [SIMD3<Double>?]?
  /// The axis that holds channels.
  private let channelAxis: Int?

  /// Finds out which axis is which; what cannot be an image of two or three axes of space is refused.
  init(_ fields: TextFields) throws(VolumeError) {
    self.fields = fields
    guard let rank = try fields.integer("dimension", in: 1...16) else {
      throw fields.malformed("the header does not say `dimension`")
    }
    sizes = try fields.extents("sizes", count: rank)
    directions = try Self.directions(fields, rank: rank)
    let kinds = try Self.kinds(fields, rank: rank)
    var other: [Int] = []
    for axis in 0..<rank {
      let byDirection = directions.map { $0[axis] != nil }
      if let kind = kinds[axis], let byDirection, kind != byDirection {
        throw fields.malformed(
          "the header's `kinds` and `space directions` disagree on whether axis \(axis + 1) runs "
            + "through space")
      }
      if !(kinds[axis] ?? byDirection ?? true) { other.append(axis) }
    }
    guard other.count < 2, (2...3).contains(rank - other.count) else {
      throw fields.unsupported(
        "an image of \(rank - other.count) axes of space and \(other.count) of channels is not read; "
          + "2 or 3 and at most 1 are possible. `kinds` says which is which, as in `domain domain "
          + "domain list`")
    }
    channelAxis = other.first
  }

  /// The number of channels.
  var channels: Int { channelAxis.map { sizes[$0] } ?? 1 }

  /// How many values lie between two channels of a voxel.
  var channelStep: Int { sizes.prefix(channelAxis ?? sizes.count).reduce(1, *) }

  /// The axes that run through space.
  private var spatial: [Int] { sizes.indices.filter { $0 != channelAxis } }

  /// The grid in RAS+ millimetres, and what had to be assumed.
  func geometry() throws(VolumeError) -> (Geometry, warnings: [String]) {
    var warnings: [String] = []
    var extents = SIMD3(1, 1, 1)
    for (place, axis) in spatial.enumerated() { extents[place] = sizes[axis] }
    var columns = [SIMD3(1.0, 0, 0), SIMD3(0, 1.0, 0), SIMD3(0, 0, 1.0)]
    if let directions {
      if spatial.count == 2, try Self.spaceDimension(fields) == 3 { columns[2] = .zero }
      for (place, axis) in spatial.enumerated() { columns[place] = directions[axis] ?? .zero }
    } else {
      let steps = try spacings()
      for place in spatial.indices { columns[place] *= steps[place] }
      warnings.append("There are no space directions: the orientation is assumed, not known.")
    }
    let (signs, note) = try space()
    if directions != nil, let note { warnings.append(note) }
    let origin = try origin()
    if origin == nil, directions != nil {
      warnings.append("There is no space origin: the position is assumed, not known.")
    }
    let affine = Affine(columns: columns.map { $0 * signs }, translation: (origin ?? .zero) * signs)
    let geometry = try Geometry(
      checked: affine, extents: extents, millimetresPerUnit: try unit(), path: fields.path)
    return (geometry, warnings)
  }

  /// The signs that lead from the file's space to right, anterior and superior.
  private func space() throws(VolumeError) -> (SIMD3<Double>, note: String?) {
    let lps = SIMD3<Double>(-1, -1, 1)
    guard let name = fields["space"] else {
      return (lps, "There is no named space; left-posterior-superior was assumed.")
    }
    switch name.lowercased() {
    case "right-anterior-superior", "ras": return (SIMD3(1, 1, 1), nil)
    case "left-anterior-superior", "las": return (SIMD3(-1, 1, 1), nil)
    case "left-posterior-superior", "lps": return (lps, nil)
    case "scanner-xyz", "3d-right-handed", "3d-left-handed":
      return (lps, "The space \(name) is not the patient's; left-posterior-superior was assumed.")
    default:
      throw fields.unsupported(
        "the space `\(quoted(name))` is not read; expected left-posterior-superior, "
          + "right-anterior-superior or left-anterior-superior")
    }
  }

  /// The position of the first voxel in the file's space.
  private func origin() throws(VolumeError) -> SIMD3<Double>? {
    guard let text = fields["spaceorigin"], text.lowercased() != "none" else { return nil }
    let dimension = try Self.spaceDimension(fields)
    guard let vectors = Self.vectors(text, length: dimension), vectors.count == 1 else {
      throw fields.wrong("space origin", text, expected: "one vector of \(dimension) numbers")
    }
    return vectors[0]
  }

  /// The distances along the axes of space where there are no directions; 1 where none is given.
  private func spacings() throws(VolumeError) -> [Double] {
    guard let text = fields["spacings"] else { return spatial.map { _ in 1 } }
    let words = text.split(whereSeparator: \.isWhitespace)
    let numbers = words.compactMap { Double($0) }
    guard words.count == sizes.count, numbers.count == sizes.count else {
      throw fields.wrong("spacings", text, expected: "\(sizes.count) numbers")
    }
    var steps: [Double] = []
    for axis in spatial {
      let isOpen = numbers[axis].isNaN && sizes[axis] == 1
      guard isOpen || (numbers[axis].isFinite && numbers[axis] > 0) else {
        throw fields.wrong("spacings", text, expected: "positive numbers along the axes of space")
      }
      steps.append(isOpen ? 1 : numbers[axis])
    }
    return steps
  }

  private func unit() throws(VolumeError) -> Double {
    guard let text = fields["spaceunits"] else { return 1 }
    let quotes = CharacterSet(charactersIn: "\" ")
    let names = Set(text.split(separator: " ").map { $0.trimmingCharacters(in: quotes) })
    guard names.count == 1, let name = names.first else {
      throw fields.unsupported("the units of space `\(quoted(text))` are not all the same")
    }
    return try fields.millimetres(per: name)
  }
}

extension NRRDAxes {
  /// Whether each axis runs through space by its kind; nil where the kind does not tell.
  private static func kinds(_ fields: TextFields, rank: Int) throws(VolumeError) -> [Bool?] {
    guard let text = fields["kinds"] else { return [Bool?](repeating: nil, count: rank) }
    let words = text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count == rank else { throw fields.wrong("kinds", text, expected: "\(rank) kinds") }
    var kinds: [Bool?] = []
    for word in words {
      switch word {
      case "domain", "space": kinds.append(true)
      case "none", "???": kinds.append(nil)
      case "list", "vector", "point", "covariant-vector", "normal", "scalar", "stub", "time",
        "2-vector", "3-vector", "4-vector", "3-gradient", "3-normal", "3-color", "4-color",
        "rgb-color", "rgba-color", "hsv-color", "xyz-color":
        kinds.append(false)
      default: throw fields.unsupported("an axis of the kind `\(quoted(word))` is not read")
      }
    }
    return kinds
  }

  private static func directions(
    _ fields: TextFields, rank: Int
  ) throws(VolumeError) -> [SIMD3<Double>?]? {
    guard let text = fields["spacedirections"] else { return nil }
    let dimension = try spaceDimension(fields)
    guard let vectors = vectors(text, length: dimension), vectors.count == rank else {
      throw fields.wrong(
        "space directions", text, expected: "\(rank) times `none` or \(dimension) finite numbers")
    }
    return vectors
  }

  /// The number of coordinates a position has: that of the named space, else as the header says.
  private static func spaceDimension(_ fields: TextFields) throws(VolumeError) -> Int {
    if fields["space"] != nil { return 3 }
    guard let dimension = try fields.integer("spacedimension", in: 1...16) else {
      throw fields.malformed("the header gives positions but neither `space` nor `space dimension`")
    }
    guard (2...3).contains(dimension) else {
      throw fields.unsupported("a space of \(dimension) dimensions is not read, only 2 or 3")
    }
    return dimension
  }

  /// Vectors such as `(1,0,0) none (0,0,2)`; nil where the text is something else.
  private static func vectors(_ text: String, length: Int) -> [SIMD3<Double>?]? {
    var vectors: [SIMD3<Double>?] = []
    var rest = text[...].drop(while: \.isWhitespace)
    while let first = rest.first {
      if first == "(" {
        guard let close = rest.firstIndex(of: ")") else { return nil }
        let parts = rest[..<close].dropFirst().split(
          separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
        guard numbers.count == length, parts.count == length else { return nil }
        if numbers.allSatisfy(\.isNaN) {
          vectors.append(nil)
        } else {
          guard numbers.allSatisfy(\.isFinite) else { return nil }
          vectors.append(SIMD3(numbers[0], numbers[1], length > 2 ? numbers[2] : 0))
        }
        rest = rest[close...].dropFirst()
      } else {
        let word = rest.prefix { !$0.isWhitespace && $0 != "(" }
        guard word.lowercased() == "none" else { return nil }
        vectors.append(nil)
        rest = rest[word.endIndex...]
      }
      rest = rest.drop(while: \.isWhitespace)
    }
    return vectors
  }
}
