import Archives

/// How the pixels of a file are laid out, every number checked.
struct DICOMImage: Sendable, Equatable {
  let rows: Int
  let columns: Int
  let frames: Int
  /// The bits a pixel takes: 1, 8, 16 or 32.
  let bitsAllocated: Int
  /// The bits of them that count.
  let bitsStored: Int
  /// How far these lie above the lowest.
  let shift: Int
  let isSigned: Bool
  /// Whether low values are meant to be shown bright.
  let isInverted: Bool

  /// The pixels of a frame.
  var count: Int { rows * columns }

  /// The name of the stored numbers, such as `int16`.
  var datatype: String {
    bitsAllocated == 1 ? "1 bit" : "\(isSigned ? "int" : "uint")\(bitsAllocated)"
  }

  /// Reads the description of a file's pixels; what does not fit them, or cannot be read, is refused.
  init(_ file: DICOMFile) throws(VolumeError) {
    let (data, path) = (file.dataSet, file.path)
    try Self.checkColour(data, path: path)
    rows = try data.requiredUnsigned(.rows, path: path)
    columns = try data.requiredUnsigned(.columns, path: path)
    frames = try data.wholeNumber(.numberOfFrames, path: path) ?? 1
    bitsAllocated = try data.requiredUnsigned(.bitsAllocated, path: path)
    bitsStored = try data.unsigned(.bitsStored, path: path) ?? bitsAllocated
    let highBit = try data.unsigned(.highBit, path: path) ?? bitsStored - 1
    shift = highBit + 1 - bitsStored
    let representation = try data.unsigned(.pixelRepresentation, path: path) ?? 0
    isSigned = representation == 1
    isInverted = data.text(.photometricInterpretation) == "MONOCHROME1"
    guard rows > 0, columns > 0 else {
      throw .malformed(path: path, reason: "the picture has \(rows) rows and \(columns) columns")
    }
    guard (1...1 << 24).contains(frames) else {
      throw .malformed(path: path, reason: "the file says that it holds \(frames) frames")
    }
    let possible = file.kind == .segmentation ? [1, 8, 16] : [8, 16, 32]
    guard possible.contains(bitsAllocated) else {
      throw .unsupported(
        path: path,
        reason: "pixels of \(bitsAllocated) bits are not read; expected "
          + possible.map(String.init).joined(separator: ", "))
    }
    guard (1...bitsAllocated).contains(bitsStored), shift >= 0, highBit < bitsAllocated,
      representation < 2
    else {
      throw .malformed(
        path: path,
        reason:
          "\(bitsStored) bits stored, the highest of them bit \(highBit), do not fit pixels of "
          + "\(bitsAllocated) bits")
    }
    try checkSize(file)
  }

  private static func checkColour(
    _ data: DICOMDataSet, path: String
  ) throws(VolumeError) {
    let samples = try data.unsigned(.samplesPerPixel, path: path) ?? 1
    let photometric = data.text(.photometricInterpretation) ?? "MONOCHROME2"
    guard samples == 1, ["MONOCHROME1", "MONOCHROME2"].contains(photometric) else {
      throw .unsupported(
        path: path,
        reason:
          "the picture is in colour (\(quoted(photometric)), \(samples) samples a pixel); only "
          + "gray pictures are read. A photograph or a screenshot can be exported as PNG instead")
    }
  }

  /// Refuses a picture that the bytes there are cannot hold, before memory is taken for it.
  private func checkSize(_ file: DICOMFile) throws(VolumeError) {
    guard let pixels = file.pixels else {
      if file.dataSet.has(.floatPixelData) || file.dataSet.has(.doublePixelData) {
        throw .unsupported(path: file.path, reason: "pixels stored as floats are not read")
      }
      throw .malformed(path: file.path, reason: "there are no pixels; the file may be truncated")
    }
    guard let count = [rows, columns, frames].checkedProduct, count < 1 << 40 else {
      throw .malformed(
        path: file.path,
        reason: "\(frames) frames of \(columns) x \(rows) pixels are larger than any memory")
    }
    let needed = (count * bitsAllocated + 7) / 8
    switch (file.syntax.pixels, pixels) {
    case (.native, .native(let range, _)):
      guard range.count >= needed else {
        throw .malformed(
          path: file.path,
          reason: "\(frames) frames of \(columns) x \(rows) pixels take \(needed) bytes, "
            + "the pixels have \(range.count)")
      }
    case (.runLength, .fragments(let pieces)):
      guard pieces.count == frames + 1 else {
        throw .malformed(
          path: file.path, reason: "\(frames) frames are in \(max(0, pieces.count - 1)) pieces")
      }
      guard bitsAllocated > 1 else {
        throw .unsupported(path: file.path, reason: "run lengths of single bits are not read")
      }
      // Two bytes of run lengths make at most 128.
      guard pieces.dropFirst().allSatisfy({ rows * columns * bitsAllocated / 512 <= $0.count })
      else {
        throw .malformed(
          path: file.path,
          reason: "the run lengths are too short for frames of \(columns) x \(rows) pixels")
      }
    case (.foreign, .fragments(let pieces)):
      guard pieces.count > 1 else {
        throw .malformed(path: file.path, reason: "the compressed pixels are empty")
      }
    case (.foreign, .native), (.runLength, .native), (.native, .fragments):
      throw .malformed(
        path: file.path,
        reason: "the pixels are not stored as the transfer syntax (\(file.syntax.name)) asks for")
    }
  }
}
