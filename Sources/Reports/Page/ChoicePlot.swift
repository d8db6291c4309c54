import Metrics

/// The mean Dice of every cell at one number of exemplars: a row for each arm, and its mean with the interval over cases.
struct ChoicePlot {
  let report: BenchReport
  let round: BenchRound

  private static let left = 150.0
  private static let pitch = 34.0

  /// The figure; nothing where no mean is defined.
  var figure: HTML {
    let values = round.groups.flatMap { $0.cells.compactMap(\.dice) }
    guard let least = values.min(), let most = values.max() else { return "" }
    let scale = Scale(
      axis: Axis(max(0, least - 0.02)...min(1, max(most + 0.02, least + 0.1)), count: 5),
      left: Self.left, right: 456)
    let height = Self.pitch * Double(round.groups.count) + 34
    let rows = round.groups.enumerated().map { index, group in
      row(group, at: 6 + Self.pitch * (Double(index) + 0.5), scale)
    }
    let words = round.groups.map { group in
      "\(group.arm): " + group.cells.map { decimals($0.dice, 3) }.joined(separator: ", ")
    }
    return """
      <figure><figcaption>Dice of every cell <small>choices of exemplars and seeds; below, the mean with its interval \
      over cases</small></figcaption><svg class="chart" viewBox="0 0 \(Int(Scale.width)) \(Int(height))" role="img" \
      aria-label="Mean Dice of every cell. \(words.joined(separator: "; "))">\(scale.ticks(height: height))\(rows)</svg></figure>
      """
  }

  private func row(_ group: BenchGroup, at y: Double, _ scale: Scale) -> HTML {
    let style = ArmStyle(report.place(group.arm))
    let dots = group.cells.enumerated().compactMap { index, cell in
      cell.dice.map {
        scale.dot(
          $0, index, at: y - 2, style.symbol,
          words: "\(cell.selection) \(cell.choice), seed \(cell.seed): \(decimals($0, 3))")
      }
    }
    let summary = round.summary(.dice, group.arm)
    let mean = scale.centre(summary?.statistics.mean, summary?.interval, at: y + 11)
    let name = group.arm.count > 20 ? "\(group.arm.prefix(19))…" : group.arm
    return """
      <g class="\(style.style)"><text class="name" x="\(coordinate(Self.left - 12))" \
      y="\(coordinate(y + 4))" text-anchor="end">\(name)<title>\(group.arm)</title></text>\(dots)\(mean)</g>
      """
  }
}
