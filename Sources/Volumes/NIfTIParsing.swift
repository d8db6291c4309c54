extension NIfTIHeader {
  /// How many bytes at the start of a file tell everything the header says, for either version.
  static let prefixSize = 540

  /// Reads a header off the first bytes of a file; `path` is for the errors.
  ///
  /// Every number that decides on memory or geometry is checked here, before anything is allocated.
  init(_ bytes: [UInt8], path: String) throws(VolumeError) {
    func malformed(_ reason: String) -> VolumeError { .malformed(path: path, reason: reason) }
    guard bytes.count >= 4 else {
      throw malformed(
        bytes.isEmpty ? "the file is empty" : "the file ends inside the NIfTI header")
    }
    guard let (layout, littleEndian) = Self.layout(of: bytes) else {
      throw malformed("this is no NIfTI file: its first number is not the size of a NIfTI header")
    }
    guard bytes.count >= layout.size else {
      throw malformed(
        "the file ends inside the NIfTI header (\(bytes.count) of \(layout.size) bytes)")
    }
    let fields = HeaderBytes(bytes: Array(bytes.prefix(layout.size)), littleEndian: littleEndian)
    let magic = Array(fields.bytes[layout.magic...].prefix(layout.version == 1 ? 4 : 8))
    guard magic == layout.magic(pair: false) || magic == layout.magic(pair: true) else {
      throw malformed("this is no NIfTI file: the header's magic bytes are \(magic)")
    }
    func real(_ offset: Int, _ index: Int) -> Double {
      fields.real(at: offset + index * layout.real, size: layout.real)
    }
    func code(_ index: Int) -> Int {
      fields.integer(
        at: layout.formCodes + index * layout.formCodeSize, size: layout.formCodeSize)
    }
    version = layout.version
    self.littleEndian = littleEndian
    isPair = magic == layout.magic(pair: true)
    dimensions = try Self.dimensions(fields, layout, path)
    datatype = try Self.datatype(fields, layout, path)
    pixdim = (0..<8).map { real(layout.pixdim, $0) }
    voxelOffset = try Self.voxelOffset(fields, layout, isPair: isPair, path)
    slope = real(layout.slope, 0)
    intercept = real(layout.slope, 1)
    units = fields.integer(at: layout.units, size: layout.unitsSize) & 0xff
    qformCode = code(0)
    sformCode = code(1)
    quaternion = (0..<3).map { real(layout.quaternion, $0) }
    offset = (3..<6).map { real(layout.quaternion, $0) }
    srow = (0..<12).map { real(layout.srow, $0) }
    extensionBytes = isPair ? 0 : voxelOffset - layout.size - 4
    guard slope.isNaN || slope == 0 || (slope.isFinite && intercept.isFinite) else {
      throw malformed("the voxels' scaling is not finite: slope \(slope), intercept \(intercept)")
    }
  }

  /// The layout and byte order whose header size stands in the first four bytes.
  private static func layout(of bytes: [UInt8]) -> (NIfTILayout, littleEndian: Bool)? {
    for layout in [NIfTILayout.first, .second] {
      for littleEndian in [true, false] {
        let first = HeaderBytes(bytes: Array(bytes.prefix(4)), littleEndian: littleEndian)
        if first.integer(at: 0, size: 4) == layout.size { return (layout, littleEndian) }
      }
    }
    return nil
  }

  /// Whether the bytes start as a NIfTI header does.
  static func isHeader(_ bytes: [UInt8]) -> Bool { bytes.count >= 4 && layout(of: bytes) != nil }

  private static func dimensions(
    _ fields: HeaderBytes, _ layout: NIfTILayout, _ path: String
  ) throws(VolumeError) -> [Int] {
    func number(_ index: Int) -> Int {
      fields.integer(
        at: layout.dimensions + index * layout.dimensionSize, size: layout.dimensionSize)
    }
    let rank = number(0)
    guard (1...7).contains(rank) else {
      throw .malformed(
        path: path, reason: "the header says \(rank) dimensions; 1 to 7 are possible")
    }
    let dimensions = (1...rank).map(number)
    if let bad = dimensions.first(where: { $0 < 1 }) {
      throw .malformed(path: path, reason: "the header says an extent of \(bad) in \(dimensions)")
    }
    guard rank > 1 else {
      throw .unsupported(path: path, reason: "a one-dimensional NIfTI file is no image")
    }
    guard dimensions.dropFirst(3).filter({ $0 > 1 }).count <= 1 else {
      throw .unsupported(
        path: path,
        reason: "images of more than four dimensions, such as \(dimensions), are not read")
    }
    var bytes = 8
    for extent in dimensions {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw .malformed(path: path, reason: "the extents \(dimensions) are larger than any memory")
      }
      bytes = product
    }
    return dimensions
  }

  private static func datatype(
    _ fields: HeaderBytes, _ layout: NIfTILayout, _ path: String
  ) throws(VolumeError) -> NIfTIDatatype {
    let code = fields.integer(at: layout.datatype, size: 2)
    guard let datatype = NIfTIDatatype(rawValue: code) else {
      if let name = NIfTIDatatype.foreignName(code) {
        throw .unsupported(
          path: path, reason: "voxels of type \(name) are not read, only whole numbers and floats")
      }
      throw .malformed(path: path, reason: "the datatype code \(code) does not exist")
    }
    let bits = fields.integer(at: layout.bitsPerVoxel, size: 2)
    guard bits == datatype.size * 8 else {
      throw .malformed(
        path: path,
        reason: "the header says \(bits) bits a voxel, but \(datatype.name) has "
          + "\(datatype.size * 8)")
    }
    return datatype
  }

  private static func voxelOffset(
    _ fields: HeaderBytes, _ layout: NIfTILayout, isPair: Bool, _ path: String
  ) throws(VolumeError) -> Int {
    let stored =
      layout.version == 1
      ? fields.real(at: layout.voxelOffset, size: 4)
      : Double(fields.integer(at: layout.voxelOffset, size: 8))
    let least = isPair ? 0 : layout.size + 4
    guard let offset = Int(exactly: stored), offset >= least, offset < 1 << 48 else {
      throw .malformed(
        path: path,
        reason: "the voxels are said to begin at byte \(short(stored)); "
          + "at least \(least) is needed")
    }
    return offset
  }
}
