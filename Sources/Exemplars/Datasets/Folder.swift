import Foundation

/// A folder of files, listed by name.
struct Folder {
  let path: String

  /// The names in the folder in their order, without hidden ones such as the `._…` files of macOS archives.
  func names() throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw ExemplarError.layout(
        path: path, reason: "there is no such folder, or it cannot be listed")
    }
  }

  /// The path of a file in the folder.
  func file(_ name: String) -> String { path + "/" + name }

  /// A folder in the folder, or nil where there is none of that name.
  func folder(_ name: String) -> Folder? {
    let inner = file(name)
    return Self.isFolder(inner) ? Folder(path: inner) : nil
  }

  /// Whether there is a folder at a path.
  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Whether the folder has a file of that name.
  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  /// The files whose names end in one of `endings`, by their names without it.
  ///
  /// Two files that differ in their ending only are refused.
  func files(endingIn endings: [String]) throws -> [String: String] {
    var found: [String: String] = [:]
    for name in try names() {
      guard let ending = endings.first(where: { name.lowercased().hasSuffix($0) }) else { continue }
      let stem = String(name.dropLast(ending.count))
      if let other = found[stem] {
        throw ExemplarError.sameName(id: stem, one: other, other: file(name))
      }
      found[stem] = file(name)
    }
    return found
  }

  /// The last part of the path, whatever way it is written.
  var name: String { URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent }

  /// The paths below the folder of everything in it, in the order of their names; those of folders end in a slash.
  ///
  /// Eight levels down, so that links cannot lead in circles.
  func tree(depth: Int = 8) throws -> [String] {
    try names().flatMap { name -> [String] in
      guard let inner = folder(name) else { return [name] }
      let below = depth > 1 ? try inner.tree(depth: depth - 1) : []
      return [name + "/"] + below.map { "\(name)/\($0)" }
    }
  }
}
