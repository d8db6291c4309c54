/// How a file's elements and pixels are encoded: DICOM PS3.5, section 10 and annex A.
struct DICOMTransferSyntax: Sendable, Equatable {
  /// What becomes of the pixels.
  enum Pixels: Sendable, Equatable {
    /// Stored as they are.
    case native
    /// Run lengths, one plane of bytes after the other.
    case runLength
    /// A compression that graft leaves to other programs.
    case foreign
  }

  /// Whether elements say the type of their value.
  let isExplicit: Bool
  /// Whether the least significant byte comes first.
  let littleEndian: Bool
  /// Whether everything after the file's first elements is one deflate stream.
  let isDeflated: Bool
  /// What becomes of the pixels.
  let pixels: Pixels
  /// The name for the user.
  let name: String

  private init(
    _ name: String, isExplicit: Bool = true, littleEndian: Bool = true, isDeflated: Bool = false,
    pixels: Pixels = .native
  ) {
    self.name = name
    self.isExplicit = isExplicit
    self.littleEndian = littleEndian
    self.isDeflated = isDeflated
    self.pixels = pixels
  }

  /// The encoding a bare data set has, without a file's first elements.
  static func bare(isExplicit: Bool, littleEndian: Bool) -> DICOMTransferSyntax {
    DICOMTransferSyntax(
      "\(isExplicit ? "Explicit" : "Implicit") VR \(littleEndian ? "Little" : "Big") Endian",
      isExplicit: isExplicit, littleEndian: littleEndian)
  }

  /// The encoding of a UID; one that is not known counts as foreign.
  init(uid: String) {
    let root = "1.2.840.10008.1.2"
    switch uid {
    case root: self = .bare(isExplicit: false, littleEndian: true)
    case root + ".1": self = .bare(isExplicit: true, littleEndian: true)
    case root + ".2": self = .bare(isExplicit: true, littleEndian: false)
    case root + ".1.99":
      self.init("Deflated Explicit VR Little Endian", isDeflated: true)
    case root + ".5": self.init("RLE Lossless", pixels: .runLength)
    default:
      let ending = uid.hasPrefix(root + ".4.") ? String(uid.dropFirst(root.count + 3)) : ""
      self.init(Self.names[ending] ?? "the transfer syntax \(quoted(uid))", pixels: .foreign)
    }
  }

  private static let names = [
    "50": "JPEG Baseline", "51": "JPEG Extended", "57": "JPEG Lossless",
    "70": "JPEG Lossless, First-Order Prediction", "80": "JPEG-LS Lossless",
    "81": "JPEG-LS Near-Lossless", "90": "JPEG 2000 Lossless", "91": "JPEG 2000",
    "92": "JPEG 2000 Part 2 Lossless", "93": "JPEG 2000 Part 2", "100": "MPEG2 Main Level",
    "101": "MPEG2 High Level", "102": "MPEG-4 High Profile", "103": "MPEG-4 Blu-ray",
    "107": "HEVC Main Profile", "110": "JPEG XL Lossless", "111": "JPEG XL Recompression",
    "112": "JPEG XL", "201": "High-Throughput JPEG 2000 Lossless",
    "202": "High-Throughput JPEG 2000 Lossless RPCL", "203": "High-Throughput JPEG 2000",
  ]
}
