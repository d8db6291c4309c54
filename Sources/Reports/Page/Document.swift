/// A page as it lies in its file: style, script and everything shown are in the markup, nothing is asked of outside.
struct Document {
  /// What the browser's tab says.
  let tab: String
  /// The word above the heading.
  let mark: String
  /// The heading.
  let title: String
  /// What stands below the heading on the first screen.
  let lead: HTML
  let sections: [Section]
  /// The program's.
  let version: String

  /// The text of the page.
  var html: String {
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(tab)</title>
      <style>
      \(Assets.style)</style>
      </head>
      <body>
      <a class="skip" href="#main">To the results</a>
      <header><div class="top"><p class="mark">\(mark)</p></div><h1>\(title)</h1>
      \(lead)
      <nav class="contents" aria-label="Contents"><ul>\(sections.map(\.link))</ul></nav></header>
      <main id="main">
      \(sections.map(\.markup))</main>
      <footer><p>\(version). Research software, <strong>not a medical device</strong>.</p></footer>
      <script>
      \(Assets.script)</script>
      </body>
      </html>

      """
    return page.markup
  }
}
