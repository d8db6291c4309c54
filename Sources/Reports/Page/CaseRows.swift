import Metrics

/// The rows of the table of every case and label.
struct CaseRows {
  private let results: Results
  private let pictured: [String: String]
  private let confidences: [Key: Confidence]
  private let hasCentres: Bool
  /// The measures that are shown at first, and the others.
  private let shown: [Measure]
  let others: [Measure]

  private struct Key: Hashable {
    let prediction: String?
    let name: String
    let label: String?
  }

  init(_ results: Results, pictured: [String: String]) {
    self.results = results
    self.pictured = pictured
    let evaluation = results.evaluation
    shown = evaluation.telling
    others = evaluation.measures.filter { !evaluation.telling.contains($0) }
    hasCentres = !evaluation.centres.isEmpty
    confidences = Dictionary(
      evaluation.confidences.map {
        (Key(prediction: $0.prediction, name: $0.name, label: $0.label?.description), $0)
      }
    ) { first, _ in first }
  }

  /// How many measures there are.
  var measureCount: Int { shown.count + others.count }

  /// The unit volumes are shown in: millilitres of scans, else pixels.
  private var volume: (unit: String, size: Double) {
    results.evaluation.spacingUnit == "pixel" ? ("pixels", 1) : ("ml", 1000)
  }

  /// What the table is of.
  var caption: String {
    let evaluation = results.evaluation
    return "\(plural(evaluation.rows.count, "row")): one for each case and label"
      + (results.isComparison ? " and prediction" : "") + "; a dash is undefined."
  }

  /// The heads of the columns.
  var head: [Tables.Column] {
    let evaluation = results.evaluation
    var columns = [Tables.Column("case", isWord: true), Tables.Column("label", isWord: true)]
    if results.isComparison { columns.append(Tables.Column("prediction", isWord: true)) }
    if hasCentres { columns.append(Tables.Column("centre", isWord: true)) }
    columns += shown.map { Tables.Column($0.head(evaluation)) }
    if !confidences.isEmpty { columns.append(Tables.Column("confidence")) }
    columns += [
      Tables.Column("predicted, \(volume.unit)"), Tables.Column("reference, \(volume.unit)"),
    ]
    columns += others.map { Tables.Column($0.head(evaluation), isExtra: true) }
    return columns + [Tables.Column("status", isWord: true)]
  }

  /// The rows.
  var rows: [HTML] { results.evaluation.rows.map(row) }

  private func row(_ row: Evaluation.Row) -> HTML {
    let evaluation = results.evaluation
    let name: HTML =
      pictured[row.name].map { place -> HTML in "<a href=\"#\(place)\">\(row.name)</a>" }
      ?? "\(row.name)"
    var words: [HTML] = ["<td class=\"word\">\(row.label.description)</td>"]
    if results.isComparison {
      words.append("<td class=\"word\">\(results.name(of: row.prediction))</td>")
    }
    if hasCentres { words.append("<td class=\"word\">\(evaluation.centres[row.name] ?? "–")</td>") }
    let volumes = [row.scores.volumeOfPrediction, row.scores.volumeOfReference].map {
      number($0 / volume.size, volume.size == 1 ? 0 : 2)
    }
    let status = row.scores.status
    let mark: HTML =
      status == .ok
      ? "<td class=\"word\">ok</td>"
      : "<td class=\"word odd\">\(status.rawValue.split(separator: "_").joined(separator: " "))</td>"
    return """
      <tr data-class="\(row.label.description)"><th scope="row">\(name)</th>\(words)\
      \(shown.map { value($0, of: row) })\(confidence(row))\(volumes)\
      \(others.map { value($0, of: row, isExtra: true) })\(mark)</tr>
      """
  }

  private func confidence(_ row: Evaluation.Row) -> HTML {
    guard !confidences.isEmpty else { return "" }
    let keys = [row.label.description, nil].map {
      Key(prediction: row.prediction, name: row.name, label: $0)
    }
    guard let found = keys.lazy.compactMap({ confidences[$0] }).first else {
      return number(nil, 2)
    }
    guard found.isFlagged else { return number(found.value, 2) }
    return """
      <td class="odd" data-value="\(found.value.map { "\($0)" } ?? "")">⚑ \(decimals(found.value, 2))</td>
      """
  }

  private func value(_ measure: Measure, of row: Evaluation.Row, isExtra: Bool = false) -> HTML {
    let value = results.evaluation.value(measure, of: row)
    let words = decimals(value, measure.decimals)
    let isLeading = measure == results.evaluation.leadingOverlap
    guard isLeading, let value, (0...1).contains(value) else {
      return number(value, measure.decimals, isExtra: isExtra)
    }
    return """
      <td class="bar" data-value="\("\(value)")"><span style="--share:\(decimals(100 * value, 1))%">\
      \(words)</span></td>
      """
  }

  private func number(_ value: Double?, _ places: Int, isExtra: Bool = false) -> HTML {
    """
    <td\(Tables.style("extra", if: isExtra)) data-value="\(value.map { "\($0)" } ?? "")">\
    \(decimals(value, places))</td>
    """
  }
}
