import Metrics

/// The pictures of the best, the median and the worst case.
struct Gallery {
  /// How many bytes of the page all pictures may take.
  static let room = 10_500_000

  /// One case of the gallery.
  struct Entry {
    let title: String
    let name: String
    let place: String
    let exhibit: Result<Exhibit, ReportError>
  }

  let results: Results
  let entries: [Entry]

  /// The telling cases of some scores; their places in the page are numbered from `number`, and take up to `room` bytes.
  init(_ results: Results, from number: Int, room: Int) {
    self.results = results
    let telling = results.telling
    let isKnown = results.sources.contains { $0.record != nil }
    entries =
      isKnown
      ? telling.enumerated().map { index, chosen in
        Entry(
          title: chosen.title, name: chosen.name, place: "case-\(number + index)",
          exhibit: Exhibit.of(chosen.name, in: results, room: room / telling.count))
      } : []
  }

  /// Where the pictures of cases are.
  var places: [String: String] {
    Dictionary(entries.map { ($0.name, $0.place) }) { first, _ in first }
  }

  /// The figures with their legend; nothing where there are none.
  var markup: HTML {
    guard !entries.isEmpty else { return "" }
    let names = entries.lazy.compactMap { try? $0.exhibit.get().masks.map(\.name) }.first
    return "\(names.map(LineKey.outlines) ?? "")<div class=\"gallery\">\(entries.map(figure))</div>"
  }

  private func figure(_ entry: Entry) -> HTML {
    let body: HTML
    switch entry.exhibit {
    case .success(let exhibit): body = picture(exhibit, entry)
    case .failure(let error): body = "<p class=\"absent\">No picture. \(error.description)</p>"
    }
    let overlap = results.ranked.first { $0.name == entry.name }?.overlap
    let measure = results.evaluation.leadingOverlap
    return """
      <figure class="case" id="\(entry.place)"><figcaption><h3>\(entry.title)</h3>\
      <span class="value">\(measure.title) \(decimals(overlap, 4))</span>\
      <span class="id">\(entry.name)</span></figcaption>\(body)\(scores(entry.name))</figure>
      """
  }

  private func picture(_ exhibit: Exhibit, _ entry: Entry) -> HTML {
    let stack = exhibit.stack
    let slice = stack.slices[stack.start]
    let drawings = zip(exhibit.masks, slice.outlines).map {
      MaskDrawing(name: $0.0.name, style: $0.0.style, paths: $0.1)
    }
    let place = stack.caption.map { words -> HTML in "<span class=\"where\">\(words)</span> " }
    let names = exhibit.masks.map(\.name).joined(separator: ", ")
    let ground = stack.picture == nil ? "" : " over the image"
    return """
      \(stack.frame.drawing(
        stack.picture, masks: drawings,
        words: "\(entry.name): outlines of \(names)\(ground). \(stack.caption ?? "")"))\
      <script type="application/json">\(exhibit.data)</script>\
      <p class="small">\(place ?? "")\(exhibit.notes.joined(separator: " "))</p>
      """
  }

  /// The leading measures of a case's labels; of several predictions the overlap side by side.
  private func scores(_ name: String) -> HTML {
    let evaluation = results.evaluation
    let predictions = evaluation.predictions
    let columns: [(measure: Measure, prediction: String?)] =
      results.isComparison
      ? predictions.map { (evaluation.leadingOverlap, $0) }
      : [evaluation.leadingOverlap, evaluation.leadingDistance].map { ($0, predictions[0]) }
    let own = evaluation.rows.filter { $0.name == name }
    let rows = unique(own.map(\.label)).map { label -> HTML in
      let cells = columns.map { measure, prediction -> HTML in
        let row = own.first { $0.label == label && $0.prediction == prediction }
        let value = row.flatMap { evaluation.value(measure, of: $0) }
        return "<td>\(decimals(value, measure.decimals))</td>"
      }
      return "<tr><th scope=\"row\">\(label.description)</th>\(cells)</tr>"
    }
    let head =
      [Tables.Column("label", isWord: true)]
      + columns.map { measure, prediction in
        Tables.Column(
          results.isComparison ? results.name(of: prediction) : measure.head(evaluation))
      }
    return "<div class=\"scores\">\(Tables.table(head, rows))</div>"
  }
}
