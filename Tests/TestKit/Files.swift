public import Foundation

/// The golden files in `Tests/Goldens`; its README says what each holds and what made it.
public enum Goldens {
  /// The path of a golden file or folder.
  public static func path(_ name: String) -> String {
    packageFolder.appendingPathComponent("Tests/Goldens/\(name)").path
  }
}

/// Real scans beside the checkout, which are not part of the package.
public enum SharedData {
  /// The folder of a data set, or nil, with a printed reason, where it is absent.
  public static func folder(_ name: String) -> String? {
    let folder = packageFolder.deletingLastPathComponent().appendingPathComponent(
      "shared/data/\(name)")
    guard FileManager.default.fileExists(atPath: folder.path) else {
      print("skipped: the data set \(name) is not at \(folder.path)")
      return nil
    }
    return folder.path
  }
}

/// A fresh empty folder for one test; the test removes it.
public func temporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "graft-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}

/// The checkout this source file was compiled in.
public let packageFolder = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
