import Volumes

/// Where files of a data set lie below its folder, as a descriptor writes it: `**/{case}/{case}_{channel}.nii.gz`.
///
/// - text stands for itself, in capital or small letters
/// - `*` stands for any letters of one name, none included, but for no slash
/// - `**/` stands for any number of folders, none included
/// - `{case}` and other words in braces stand for one or more letters of one name, the fewest that fit, and for the
///   same letters wherever they come again; `{frame}` stands for digits; words with a list of choices for one of them
///
/// A pattern without the ending of a picture or volume fits every ending of a volume.
struct FilePattern: Sendable, Equatable {
  /// The pattern as written.
  let text: String
  private let parts: [Part]

  private enum Part: Equatable {
    case text([UInt8])
    case any
    case folders
    case word(String)
    case choice(String, [[UInt8]])
  }

  /// The words a pattern may hold.
  static let words = ["case", "channel", "class", "frame", "split", "centre"]

  /// The most parts that can take up any number of letters, which bounds the time a match takes.
  private static let openParts = 8

  /// The pattern a text writes, some of whose words have choices; nil with a reason where it makes no sense.
  init(_ text: String, choices: [String: [String]] = [:]) throws(FilePatternError) {
    self.text = text
    var parts: [Part] = []
    var rest = Substring(text)
    while let letter = rest.first {
      if rest.hasPrefix("**/") {
        parts.append(.folders)
        rest = rest.dropFirst(3)
      } else if letter == "*" {
        parts.append(.any)
        rest = rest.dropFirst()
      } else if letter == "{" {
        guard let end = rest.firstIndex(of: "}") else { throw FilePatternError("a { has no }") }
        let word = String(rest[rest.index(after: rest.startIndex)..<end])
        guard Self.words.contains(word) else {
          throw FilePatternError(
            "{\(word)} is not known; known are "
              + Self.words.map { "{\($0)}" }.joined(separator: ", "))
        }
        parts.append(choices[word].map { .choice(word, $0.map(Self.letters)) } ?? .word(word))
        rest = rest[rest.index(after: end)...]
      } else {
        let end = rest.firstIndex { "*{".contains($0) } ?? rest.endIndex
        parts.append(.text(Self.letters(String(rest[..<end]))))
        rest = rest[end...]
      }
    }
    let open = parts.count { if case .text = $0 { false } else { true } }
    guard !parts.isEmpty, open <= Self.openParts else {
      throw FilePatternError(
        parts.isEmpty
          ? "it is empty" : "it has more than \(Self.openParts) places that are not fixed")
    }
    self.parts = parts
  }

  /// The words of the pattern.
  var words: Set<String> {
    Set(
      parts.compactMap { part -> String? in
        switch part {
        case .word(let word), .choice(let word, _): word
        default: nil
        }
      })
  }

  /// Whether the pattern can start in any folder.
  var startsAnywhere: Bool { parts.first == .folders }

  /// Whether the pattern means a folder, such as one of DICOM files.
  var isFolder: Bool { text.hasSuffix("/") }

  /// What the words stand for in a path below the data set's folder; nil where the path does not fit.
  func match(_ path: String) -> [String: String]? {
    if isFolder || VolumeFile.ending(of: text, among: VolumeFile.endings + [".png"]) != nil {
      return match(name: path)
    }
    return VolumeFile.ending(of: path, among: VolumeFile.endings).flatMap {
      match(name: String(path.dropLast($0.count)))
    }
  }

  /// What the words stand for in a name that has no ending.
  func match(name: String) -> [String: String]? {
    var found: [String: ArraySlice<UInt8>] = [:]
    guard match(0, Array(name.utf8)[...], 0, &found) else { return nil }
    return found.mapValues { String(decoding: $0, as: UTF8.self) }
  }

  private func match(
    _ index: Int, _ path: ArraySlice<UInt8>, _ at: Int, _ found: inout [String: ArraySlice<UInt8>]
  ) -> Bool {
    guard index < parts.count else { return at == path.endIndex }
    func rest(from next: Int, _ found: inout [String: ArraySlice<UInt8>]) -> Bool {
      match(index + 1, path, next, &found)
    }
    let slash = path[at...].firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
    switch parts[index] {
    case .text(let text):
      return Self.begins(path[at...], with: text) && rest(from: at + text.count, &found)
    case .any:
      return (at...slash).contains { rest(from: $0, &found) }
    case .folders:
      if rest(from: at, &found) { return true }
      return slash < path.endIndex && match(index, path, slash + 1, &found)
    case .choice(let word, let choices):
      return choices.contains {
        Self.begins(path[at...], with: $0) && bind(word, path[at..<at + $0.count], &found, rest)
      }
    case .word(let word):
      guard at < slash else { return false }
      return (at + 1...slash).contains { bind(word, path[at..<$0], &found, rest) }
    }
  }

  /// Whether the rest fits where a word stands for some letters.
  private func bind(
    _ word: String, _ letters: ArraySlice<UInt8>, _ found: inout [String: ArraySlice<UInt8>],
    _ rest: (Int, inout [String: ArraySlice<UInt8>]) -> Bool
  ) -> Bool {
    if word == "frame", !letters.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) {
      return false
    }
    if let before = found[word] {
      return before.elementsEqual(letters) && rest(letters.endIndex, &found)
    }
    found[word] = letters
    if rest(letters.endIndex, &found) { return true }
    found[word] = nil
    return false
  }

  private static func begins(_ path: ArraySlice<UInt8>, with text: [UInt8]) -> Bool {
    path.count >= text.count && zip(path, text).allSatisfy { small($0) == $1 }
  }

  private static func letters(_ text: String) -> [UInt8] { text.utf8.map(small) }

  private static func small(_ letter: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(letter) ? letter + 32 : letter
  }
}

/// Why a text is no pattern.
struct FilePatternError: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
