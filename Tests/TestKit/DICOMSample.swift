public import Foundation

/// A DICOM data set for tests, written element by element: what the reader must take and what it must refuse.
public struct DICOMSample: Sendable {
  /// What an element holds.
  public enum Value: Sendable {
    /// The value as it stands in the file, padded to an even length.
    case bytes(Data)
    /// Items, each with a length or ended by a delimiter.
    case items([DICOMSample], isDelimited: Bool)
    /// Pieces of compressed pixels; the table of offsets before them is empty.
    case pieces([Data])
  }

  /// Whether elements say the type of their value.
  public var isExplicit = true
  /// Whether the least significant byte comes first.
  public var littleEndian = true
  /// The UID of the encoding, as the file's first elements give it.
  public var syntax = "1.2.840.10008.1.2.1"
  private var elements: [UInt32: (type: String, value: Value)] = [:]

  /// An empty data set.
  public init() {}

  /// Sets an element, its group in the upper 16 bits of `tag`.
  public mutating func set(_ tag: UInt32, _ type: String, _ value: Value) {
    elements[tag] = (type, value)
  }

  /// Sets a text.
  public mutating func set(_ tag: UInt32, _ type: String, _ text: String) {
    set(tag, type, .bytes(Data(text.utf8)))
  }

  /// Sets numbers of 16 bits.
  public mutating func set(_ tag: UInt32, _ numbers: [UInt16], type: String = "US") {
    set(tag, type, .bytes(numbers.reduce(into: Data()) { append($1, to: &$0) }))
  }

  /// Takes an element away.
  public mutating func remove(_ tag: UInt32) { elements[tag] = nil }

  private func append<Number: FixedWidthInteger>(_ number: Number, to data: inout Data) {
    withUnsafeBytes(of: littleEndian ? number.littleEndian : number.bigEndian) {
      data.append(contentsOf: $0)
    }
  }

  /// The elements in their order, without what a file puts in front.
  public var bytes: Data {
    elements.sorted { $0.key < $1.key }.reduce(into: Data()) { data, entry in
      append(entry.key, entry.value.type, entry.value.value, to: &data)
    }
  }

  private func append(_ tag: UInt32, _ type: String, _ value: Value, to data: inout Data) {
    append(UInt16(tag >> 16), to: &data)
    append(UInt16(tag & 0xFFFF), to: &data)
    let (content, isOpen) = content(value)
    let isLong = ["OB", "OW", "SQ", "UN", "UT"].contains(type)
    if isExplicit { data.append(contentsOf: type.utf8) }
    if isExplicit, isLong { append(UInt16(0), to: &data) }
    if isExplicit, !isLong {
      append(UInt16(content.count), to: &data)
    } else {
      append(isOpen ? UInt32.max : UInt32(content.count), to: &data)
    }
    data += content
  }

  private func content(_ value: Value) -> (Data, isOpen: Bool) {
    var data = Data()
    func mark(_ element: UInt16, _ length: UInt32) {
      append(UInt16(0xFFFE), to: &data)
      append(element, to: &data)
      append(length, to: &data)
    }
    switch value {
    case .bytes(let bytes): return (bytes.count % 2 == 0 ? bytes : bytes + [0x20], false)
    case .items(let items, let isDelimited):
      for item in items {
        var item = item
        (item.isExplicit, item.littleEndian) = (isExplicit, littleEndian)
        let inner = item.bytes
        mark(0xE000, isDelimited ? .max : UInt32(inner.count))
        data += inner
        if isDelimited { mark(0xE00D, 0) }
      }
      if isDelimited { mark(0xE0DD, 0) }
      return (data, isDelimited)
    case .pieces(let pieces):
      for piece in [Data()] + pieces {
        mark(0xE000, UInt32(piece.count))
        data += piece
      }
      mark(0xE0DD, 0)
      return (data, true)
    }
  }

  /// The file: 128 bytes, `DICM`, the first elements and the data set.
  public var file: Data {
    var meta = DICOMSample()
    meta.set(0x0002_0010, "UI", .bytes(Data(syntax.utf8) + (syntax.utf8.count % 2 == 0 ? [] : [0])))
    return Data(count: 128) + Data("DICM".utf8) + meta.bytes + bytes
  }
}

extension DICOMSample {
  /// A slice of CT, 16 bits with sign, of `columns` x `rows` pixels of 0.6 x 0.75 mm at the height `z`.
  public static func slice(
    series: String = "1.2.3", instance: Int, z: Double, columns: Int = 4, rows: Int = 3,
    pixels: [Int16]
  ) -> DICOMSample {
    var sample = DICOMSample()
    sample.set(0x0008_0008, "CS", "ORIGINAL\\PRIMARY\\AXIAL")
    sample.set(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2")
    sample.set(0x0008_0018, "UI", "\(series).\(instance)")
    sample.set(0x0008_0060, "CS", "CT")
    sample.set(0x0010_0010, "PN", "SECRET^NAME")
    sample.set(0x0020_000E, "UI", series)
    sample.set(0x0020_0013, "IS", "\(instance)")
    sample.set(0x0020_0032, "DS", "-10\\-20\\\(z)")
    sample.set(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
    sample.set(0x0028_0002, [1])
    sample.set(0x0028_0004, "CS", "MONOCHROME2")
    sample.set(0x0028_0010, [UInt16(rows)])
    sample.set(0x0028_0011, [UInt16(columns)])
    sample.set(0x0028_0030, "DS", "0.75\\0.6")
    sample.set(0x0028_0100, [16])
    sample.set(0x0028_0101, [16])
    sample.set(0x0028_0102, [15])
    sample.set(0x0028_0103, [1])
    sample.set(0x7FE0_0010, pixels.map { UInt16(bitPattern: $0) }, type: "OW")
    return sample
  }

  /// A segmentation of bits on the same grid: for every frame its height, its segment and its pixels.
  public static func segmentation(
    _ frames: [(z: Double, segment: UInt16, pixels: [Bool])], columns: Int = 4, rows: Int = 3
  ) -> DICOMSample {
    var sample = slice(instance: 0, z: 0, columns: columns, rows: rows, pixels: [])
    for tag: UInt32 in [0x0020_0032, 0x0020_0037, 0x0028_0030] { sample.remove(tag) }
    sample.set(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.66.4")
    sample.set(0x0008_0060, "CS", "SEG")
    sample.set(0x0020_000E, "UI", "1.2.9")
    sample.set(0x0028_0008, "IS", "\(frames.count)")
    for (tag, value): (UInt32, UInt16) in [
      (0x0028_0100, 1), (0x0028_0101, 1), (0x0028_0102, 0), (0x0028_0103, 0),
    ] {
      sample.set(tag, [value])
    }
    sample.set(0x0062_0001, "CS", "BINARY")
    let segments = Set(frames.map(\.segment)).sorted().map { number in
      var segment = DICOMSample()
      segment.set(0x0062_0004, [number])
      segment.set(0x0062_0005, "LO", "organ \(number)")
      return segment
    }
    sample.set(0x0062_0002, "SQ", .items(segments, isDelimited: false))
    var orientation = DICOMSample()
    orientation.set(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
    var measures = DICOMSample()
    measures.set(0x0028_0030, "DS", "0.75\\0.6")
    var shared = DICOMSample()
    shared.set(0x0020_9116, "SQ", .items([orientation], isDelimited: true))
    shared.set(0x0028_9110, "SQ", .items([measures], isDelimited: true))
    sample.set(0x5200_9229, "SQ", .items([shared], isDelimited: true))
    let perFrame = frames.map { frame in
      var position = DICOMSample()
      position.set(0x0020_0032, "DS", "-10\\-20\\\(frame.z)")
      var segment = DICOMSample()
      segment.set(0x0062_000B, [frame.segment])
      var item = DICOMSample()
      item.set(0x0020_9113, "SQ", .items([position], isDelimited: false))
      item.set(0x0062_000A, "SQ", .items([segment], isDelimited: true))
      return item
    }
    sample.set(0x5200_9230, "SQ", .items(perFrame, isDelimited: false))
    let bits = frames.flatMap(\.pixels)
    var packed = Data(count: (bits.count + 7) / 8)
    for (at, bit) in bits.enumerated() where bit { packed[at / 8] |= 1 << UInt8(at % 8) }
    sample.set(0x7FE0_0010, "OB", .bytes(packed))
    return sample
  }
}
