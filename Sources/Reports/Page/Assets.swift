/// The page's style and script, from the files of the folder Assets.
enum Assets {
  /// The style sheets.
  static let style = text([
    PackageResources.page_css, PackageResources.figures_css, PackageResources.print_css,
  ])

  /// The script, which sees no name of other scripts and leaves none.
  static let script = HTML(
    safe: "(() => {\n"
      + text([
        PackageResources.theme_js, PackageResources.tables_js, PackageResources.viewer_js,
        PackageResources.start_js,
      ]).markup + "})();\n")

  private static func text(_ files: [[UInt8]]) -> HTML {
    HTML(safe: files.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n"))
  }
}
