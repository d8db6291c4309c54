import Metrics

/// One case under all predictions: a picture for each, its mask filled, the reference as a line, one slider for all.
struct SideBySide {
  let results: Results
  /// The case.
  let name: String
  /// Its place in the page.
  let place: String

  /// How many bytes of the page the slices may take.
  private static let room = 3_000_000

  /// The figure, or why there is none.
  var markup: HTML {
    switch Exhibit.of(name, in: results, room: Self.room, withMostClasses: true) {
    case .success(let exhibit): figure(exhibit)
    case .failure(let error): "<p class=\"absent\">No picture. \(error.description)</p>"
    }
  }

  private func figure(_ exhibit: Exhibit) -> HTML {
    let stack = exhibit.stack
    let panels = zip(exhibit.masks, stack.slices[stack.start].outlines).dropFirst().map {
      mask, paths in
      panel(mask, paths, exhibit)
    }
    let place = stack.caption.map { words -> HTML in "<span class=\"where\">\(words)</span> " }
    return """
      <figure class="case several" id="\(self.place)"><figcaption><h3>The median case, \(name)</h3></figcaption>\
      \(LineKey.classes(stack.classes))<div class="panels">\(panels)</div>\
      <script type="application/json">\(exhibit.data)</script>\
      <p class="small">\(place ?? "")\(exhibit.notes.joined(separator: " "))</p></figure>
      """
  }

  /// The picture of one prediction, whose line style is its place among the sources plus one.
  private func panel(
    _ mask: (name: String, style: Int), _ paths: [String], _ exhibit: Exhibit
  ) -> HTML {
    let stack = exhibit.stack
    let masks = [
      MaskDrawing(name: "masks", style: mask.style, paths: paths, isFilled: true),
      MaskDrawing(
        name: exhibit.masks[0].name, style: 0, paths: stack.slices[stack.start].outlines[0]),
    ]
    let drawing = stack.frame.drawing(
      stack.picture, masks: masks,
      words:
        "\(name): the mask of \(mask.name) filled, the reference as a line. \(stack.caption ?? "")")
    let measure = results.evaluation.leadingOverlap
    return """
      <div class="panel">\(drawing)<p><b>\(mask.name)</b> <span>\(measure.title) \
      \(decimals(overlap(results.evaluation.predictions[mask.style - 1]), 3))</span></p></div>
      """
  }

  /// The mean of the leading overlap over the case's labels.
  private func overlap(_ prediction: String?) -> Double? {
    let rows = results.evaluation.rows.filter { $0.name == name && $0.prediction == prediction }
    return Statistics(
      rows.map { results.evaluation.value(results.evaluation.leadingOverlap, of: $0) }
    )
    .mean
  }
}
