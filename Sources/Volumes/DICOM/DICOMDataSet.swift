/// The data elements of a file or of an item of a sequence, as far as graft has a use for them.
struct DICOMDataSet: Sendable {
  /// What an element holds.
  enum Value: Sendable {
    case bytes([UInt8])
    case items([DICOMDataSet])
  }

  /// Whether numbers are stored with their least significant byte first.
  let littleEndian: Bool
  private var values: [DICOMTag: Value] = [:]

  init(littleEndian: Bool) { self.littleEndian = littleEndian }

  /// Adds an element; of several of one name the first counts.
  mutating func add(_ tag: DICOMTag, _ value: Value) {
    if values[tag] == nil { values[tag] = value }
  }

  /// The items of a sequence; none where it is missing.
  func items(_ tag: DICOMTag) -> [DICOMDataSet] {
    if case .items(let items) = values[tag] { items } else { [] }
  }

  /// Whether the element is there and holds something.
  func has(_ tag: DICOMTag) -> Bool {
    switch values[tag] {
    case .bytes(let bytes): !bytes.isEmpty
    case .items(let items): !items.isEmpty
    case nil: false
    }
  }

  /// The bytes of an element; none where it is missing.
  func bytes(_ tag: DICOMTag) -> [UInt8] {
    if case .bytes(let bytes) = values[tag] { bytes } else { [] }
  }

  /// A text without the padding at its end; nil where it is missing or empty.
  func text(_ tag: DICOMTag) -> String? {
    let bytes = bytes(tag)
    let padding: Set<UInt8> = [0, 0x20, 0x09, 0x0A, 0x0D]
    let kept = bytes.drop(while: padding.contains).reversed().drop(while: padding.contains)
      .reversed()
    return kept.isEmpty ? nil : String(decoding: kept, as: UTF8.self)
  }

  /// The parts of a text of several values.
  func texts(_ tag: DICOMTag) -> [String] {
    guard let text = text(tag) else { return [] }
    return text.split(separator: "\\", omittingEmptySubsequences: false).map {
      String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
  }

  /// The decimal numbers of a text; nil where it is missing.
  func numbers(
    _ tag: DICOMTag, count: Int, path: String
  ) throws(VolumeError) -> [Double]? {
    let texts = texts(tag)
    if texts.isEmpty { return nil }
    let numbers = texts.compactMap { Double($0) }
    guard texts.count == count, numbers.count == count, numbers.allSatisfy(\.isFinite) else {
      throw wrong(
        tag, texts.joined(separator: "\\"),
        expected: count == 1 ? "a finite number" : "\(count) finite numbers", path: path)
    }
    return numbers
  }

  /// A whole number written as text; nil where it is missing.
  func wholeNumber(_ tag: DICOMTag, path: String) throws(VolumeError) -> Int? {
    guard let text = text(tag) else { return nil }
    guard let number = Int(text) else {
      throw wrong(tag, text, expected: "a whole number", path: path)
    }
    return number
  }

  /// A whole number of two bytes without sign; nil where it is missing.
  func unsigned(_ tag: DICOMTag, path: String) throws(VolumeError) -> Int? {
    let bytes = bytes(tag)
    if bytes.isEmpty { return nil }
    guard bytes.count == 2 else {
      throw .malformed(
        path: path,
        reason: "the \(tag.name) \(tag) has \(bytes.count) bytes; expected one number of 2 bytes")
    }
    return littleEndian
      ? Int(bytes[0]) | Int(bytes[1]) << 8 : Int(bytes[0]) << 8 | Int(bytes[1])
  }

  /// A whole number of two bytes that must be there.
  func requiredUnsigned(_ tag: DICOMTag, path: String) throws(VolumeError) -> Int {
    guard let number = try unsigned(tag, path: path) else { throw Self.missing(tag, path: path) }
    return number
  }

  static func missing(_ tag: DICOMTag, path: String) -> VolumeError {
    .malformed(path: path, reason: "the \(tag.name) \(tag) is missing")
  }

  private func wrong(
    _ tag: DICOMTag, _ text: String, expected: String, path: String
  ) -> VolumeError {
    .malformed(
      path: path, reason: "the \(tag.name) \(tag) is `\(quoted(text))`; expected \(expected)")
  }
}
