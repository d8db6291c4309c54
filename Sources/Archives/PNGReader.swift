public import Foundation

extension PNG {
  /// Reads the bytes of a PNG file: every colour type and depth, interlaced or not.
  ///
  /// Gray of 1, 2 and 4 bits is widened to 0...255; a palette becomes RGB, or RGBA where it has transparency. A
  /// transparent colour key is ignored. More than `limit` pixels are refused; `source` names the file in errors.
  public init(
    _ data: Data, source: String, limit: Int = 1 << 28
  ) throws(ArchiveError) {
    var chunks = try PNGChunks(data, source: source)
    let header = try PNGHeader(&chunks, limit: limit, source: source)
    let packed = try inflated(
      chunks.pixels, .zlib, size: header.passes.reduce(0) { $0 + header.byteCount(of: $1) },
      source: source)
    var raster = [UInt16](repeating: 0, count: header.width * header.height * header.channels)
    var reader = ByteReader(packed, source: source)
    for pass in header.passes where pass.width > 0 && pass.height > 0 {
      try header.read(pass, from: &reader, into: &raster, source: source)
    }
    try self.init(raster, header, chunks, source: source)
  }

  private init(
    _ raster: [UInt16], _ header: PNGHeader, _ chunks: PNGChunks, source: String
  ) throws(ArchiveError) {
    if header.color == 3 {
      let hasAlpha = !chunks.alpha.isEmpty
      var samples: [UInt16] = []
      samples.reserveCapacity(raster.count * (hasAlpha ? 4 : 3))
      for index in raster.map({ Int($0) }) {
        guard index * 3 + 2 < chunks.palette.count else {
          throw .malformed(
            source: source, reason: "a pixel has colour \(index) of no palette entry")
        }
        samples.append(contentsOf: chunks.palette[index * 3..<index * 3 + 3].map { UInt16($0) })
        if hasAlpha {
          samples.append(index < chunks.alpha.count ? UInt16(chunks.alpha[index]) : 255)
        }
      }
      self.init(
        width: header.width, height: header.height, channels: hasAlpha ? 4 : 3, samples: samples,
        indices: raster.map { UInt8(truncatingIfNeeded: $0) })
    } else {
      let scale = header.depth < 8 ? UInt16(255 / ((1 << header.depth) - 1)) : 1
      self.init(
        width: header.width, height: header.height, channels: header.channels,
        depth: max(header.depth, 8), samples: scale == 1 ? raster : raster.map { $0 * scale })
    }
  }
}

/// The parts of a PNG file that matter, their checksums checked.
private struct PNGChunks {
  var header = Data()
  var palette: [UInt8] = []
  var alpha: [UInt8] = []
  var pixels = Data()

  init(_ data: Data, source: String) throws(ArchiveError) {
    guard PNG.recognises(data) else {
      throw .malformed(source: source, reason: "it is not a PNG file")
    }
    var reader = ByteReader(data, source: source)
    try reader.seek(8)
    while true {
      let length = Int(try reader.big(UInt32.self))
      let start = reader.position
      let body = try reader.bytes(length + 4)
      guard try reader.big(UInt32.self) == checksum(body) else {
        throw .malformed(source: source, reason: "the chunk at byte \(start) fails its CRC-32")
      }
      let name = String(decoding: body.prefix(4), as: UTF8.self)
      let content = body.dropFirst(4)
      switch name {
      case "IHDR" where header.isEmpty: header = Data(content)
      case "PLTE": palette = Array(content)
      case "tRNS": alpha = Array(content)
      case "IDAT": pixels.append(content)
      case "IEND": return
      default:
        // A capital first letter means that the image cannot be understood without the chunk.
        guard body.first.map({ $0 & 0x20 != 0 }) == true else {
          throw .malformed(source: source, reason: "the chunk \(name) is not known")
        }
      }
    }
  }
}

/// One of the sub-images an interlaced file is stored as; a plain file has one.
private struct PNGPass {
  var x: Int
  var y: Int
  var stepX: Int
  var stepY: Int
  var width: Int
  var height: Int
}

/// The extents and the pixel format of a PNG file.
private struct PNGHeader {
  let width: Int
  let height: Int
  let depth: Int
  let color: UInt8
  let channels: Int
  let passes: [PNGPass]

  init(_ chunks: inout PNGChunks, limit: Int, source: String) throws(ArchiveError) {
    var reader = ByteReader(chunks.header, source: source)
    width = Int(try reader.big(UInt32.self))
    height = Int(try reader.big(UInt32.self))
    depth = Int(try reader.byte())
    color = try reader.byte()
    let methods = [try reader.byte(), try reader.byte(), try reader.byte()]
    let depths: [UInt8: [Int]] = [
      0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16],
    ]
    let counts: [UInt8: Int] = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]
    guard let channels = counts[color], depths[color]?.contains(depth) == true, width > 0,
      height > 0, methods[0] == 0, methods[1] == 0, methods[2] < 2
    else {
      throw .malformed(
        source: source,
        reason: "its header states \(width)x\(height) pixels of depth \(depth) and type \(color)")
    }
    guard width <= limit / height else { throw .tooLarge(source: source, limit: limit) }
    self.channels = channels
    let (width, height) = (width, height)
    let grid = [
      (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
      (0, 1, 1, 2),
    ]
    passes = (methods[2] == 0 ? [(0, 0, 1, 1)] : grid).map { x, y, stepX, stepY in
      PNGPass(
        x: x, y: y, stepX: stepX, stepY: stepY, width: max(0, (width - x + stepX - 1) / stepX),
        height: max(0, (height - y + stepY - 1) / stepY))
    }
  }

  private func rowByteCount(_ width: Int) -> Int { (width * channels * depth + 7) / 8 }

  func byteCount(of pass: PNGPass) -> Int {
    pass.width == 0 ? 0 : pass.height * (1 + rowByteCount(pass.width))
  }

  /// Reads the rows of a pass, undoes their filters and places their samples.
  func read(
    _ pass: PNGPass, from reader: inout ByteReader, into raster: inout [UInt16], source: String
  ) throws(ArchiveError) {
    let length = rowByteCount(pass.width)
    let reach = max(1, channels * depth / 8)
    var above = [UInt8](repeating: 0, count: length)
    for row in 0..<pass.height {
      let filter = try reader.byte()
      var line = Array(try reader.bytes(length))
      guard filter <= 4 else {
        throw .malformed(source: source, reason: "row \(row) has the unknown filter \(filter)")
      }
      unfilter(&line, above, filter, reach)
      let base = (pass.y + row * pass.stepY) * width
      for column in 0..<pass.width {
        let pixel = base + pass.x + column * pass.stepX
        for channel in 0..<channels {
          raster[pixel * channels + channel] = sample(column * channels + channel, of: line)
        }
      }
      above = line
    }
  }

  private func sample(_ index: Int, of line: [UInt8]) -> UInt16 {
    switch depth {
    case 16: return UInt16(line[2 * index]) << 8 | UInt16(line[2 * index + 1])
    case 8: return UInt16(line[index])
    default:
      let bit = index * depth
      return UInt16(line[bit / 8] >> UInt8(8 - depth - bit % 8)) & ((1 << UInt16(depth)) - 1)
    }
  }

  /// The five filters of the PNG specification, section 9.
  private func unfilter(_ line: inout [UInt8], _ above: [UInt8], _ filter: UInt8, _ reach: Int) {
    if filter == 0 { return }
    for index in line.indices {
      let left = index >= reach ? Int(line[index - reach]) : 0
      let up = Int(above[index])
      let corner = index >= reach ? Int(above[index - reach]) : 0
      let guess =
        switch filter {
        case 1: left
        case 2: up
        case 3: (left + up) / 2
        default: paeth(left, up, corner)
        }
      line[index] &+= UInt8(guess)
    }
  }

  private func paeth(_ left: Int, _ up: Int, _ corner: Int) -> Int {
    let estimate = left + up - corner
    let (a, b, c) = (abs(estimate - left), abs(estimate - up), abs(estimate - corner))
    if a <= b && a <= c { return left }
    return b <= c ? up : corner
  }
}
