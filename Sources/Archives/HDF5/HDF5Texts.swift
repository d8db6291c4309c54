/// The strings of any length in an HDF5 file, as a child process hands them on.
enum HDF5Texts {
  /// Whose strings they are.
  struct Key: Hashable, Sendable {
    /// The address of the object in the file.
    let address: Int64
    /// The attribute's name; empty for a data set's own.
    let attribute: String
  }

  /// Reads records of address, attribute, number of strings and the strings, each ended by NUL.
  ///
  /// The child may have been led astray by the file: a record that makes no sense ends the reading.
  static func read(_ bytes: Slice<UnsafeRawBufferPointer>) -> [Key: [String]] {
    var pieces = bytes.split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }[...]
    var texts: [Key: [String]] = [:]
    while pieces.count > 3 {
      guard let address = Int64(pieces[pieces.startIndex]),
        let count = Int(pieces[pieces.startIndex + 2]), (0...pieces.count - 3).contains(count)
      else { break }
      let strings = pieces.dropFirst(3).prefix(count)
      texts[Key(address: address, attribute: pieces[pieces.startIndex + 1])] = Array(strings)
      pieces = pieces.dropFirst(3 + count)
    }
    return texts
  }
}
