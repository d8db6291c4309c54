import Foundation

/// Where files that come with the program lie.
public enum Installation {
  /// The folders to look in, in order: `../share/graft/` and a folder of it beside the installed program, then the folder
  /// `checkout` of the checkout the program was built in and of the folders above it.
  public static func folders(installed: String, checkout: String) -> [String] {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    var ancestor = program.deletingLastPathComponent()
    let share = ancestor.deletingLastPathComponent().appendingPathComponent("share/graft")
    var folders = [installed.isEmpty ? share : share.appendingPathComponent(installed)]
    while ancestor.path != "/" {
      ancestor.deleteLastPathComponent()
      folders.append(ancestor.appendingPathComponent(checkout))
    }
    return folders.map(\.path)
  }
}
