import Foundation

/// How much lies at a path.
public enum FileSize {
  /// The bytes of a file, or of all files in a folder; 0 where there is nothing.
  public static func bytes(at path: String) -> Int {
    let files = FileManager.default
    guard let facts = try? files.attributesOfItem(atPath: path) else { return 0 }
    guard facts[.type] as? FileAttributeType == .typeDirectory else {
      return facts[.size] as? Int ?? 0
    }
    return ((try? files.contentsOfDirectory(atPath: path)) ?? [])
      .map { bytes(at: "\(path)/\($0)") }.reduce(0, +)
  }
}
