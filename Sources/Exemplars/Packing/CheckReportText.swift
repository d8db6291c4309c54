import Foundation
import Volumes

extension CheckReport {
  /// The report as people read it: a summary, a line for each case, warnings and errors.
  ///
  /// A warning that several cases share is written once.
  public var text: String {
    let problems = [
      Self.grouped(warnings).map { "warning: \($0)" }, errors.map { "error: \($0.message)" },
    ]
    return ([heading] + notes + summary + table + problems.joined()).joined(separator: "\n")
  }

  private var heading: String {
    let read = cases.count == listed ? "" : " of \(listed)"
    return
      "\(dataset): \(cases.count)\(read) cases; channels \(channels.joined(separator: ", ")); "
      + "classes \(labels.summary)"
  }

  private var summary: [String] {
    guard let first = cases.first else { return [found] }
    var lines: [String] = []
    for (name, counts) in [("splits", splits), ("centres", centres)] where !counts.isEmpty {
      lines.append("\(name): \(Self.list(counts, of: cases.count))")
    }
    let spacings = (0..<3).map { axis in Self.span(cases.map { $0.spacing[axis] }) }
    let extents = (1...3).map { axis in Self.span(cases.map { Double($0.shape[axis]) }) }
    lines.append(
      "D x H x W \(extents.joined(separator: " x ")); spacing \(spacings.joined(separator: " x ")) \(first.unit); "
        + "axes \(Self.list(Self.counts(cases.map(\.orientation)), of: cases.count))")
    lines += classes
    let apart = cases.map(\.affineDifference).reduce(0, max)
    lines.append(
      "affines of image and label: up to \(Self.short(apart)) mm apart "
        + "(\(Self.short(Geometry.tolerance)) mm is allowed)")
    return lines + [found]
  }

  /// A line for each class, or one for all where there are many.
  private var classes: [String] {
    let counts = classCounts
    guard counts.count > Self.most else {
      return counts.map {
        "\($0.name): \($0.voxels) voxels in \($0.cases) of \(cases.count) cases"
      }
    }
    let (found, voxels) = (counts.map { Double($0.cases) }, counts.map(\.voxels))
    return [
      "\(counts.count) classes, each in \(Self.span(found)) cases with \(voxels.min() ?? 0)…\(voxels.max() ?? 0) voxels "
        + "in all; --json lists them"
    ]
  }

  /// How many classes are listed one by one.
  private static let most = 16

  /// The values of a label with their voxels, or how many there are where they are many.
  private static func labels(_ foreground: [Int32: Int]) -> String {
    guard foreground.count <= most else { return "\(foreground.count) values" }
    return foreground.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
      .joined(separator: " ")
  }

  private var found: String {
    func count(_ number: Int, _ name: String) -> String {
      "\(number == 0 ? "no" : "\(number)") \(name)\(number == 1 ? "" : "s")"
    }
    return "\(count(errors.count, "error")), \(count(warnings.count, "warning"))"
  }

  private var table: [String] {
    guard !cases.isEmpty else { return [] }
    let hasCentres = !centres.isEmpty
    let heads = ["case", "split"] + (hasCentres ? ["centre"] : [])
    var rows = [
      heads + ["C x D x H x W", "spacing", "axes", "intensities", "labels", "empty"]
    ]
    for entry in cases {
      let names = [entry.id, entry.split ?? "-"] + (hasCentres ? [entry.centre ?? "-"] : [])
      rows.append(
        names + [
          Self.product(entry.shape.map(Double.init)),
          Self.product(entry.spacing) + " " + entry.unit, entry.orientation,
          entry.channels.map(Self.range).joined(separator: " "),
          Self.labels(entry.foreground),
          "\(entry.emptySlices)/\(entry.shape[1])",
        ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
  }

  /// The sentences of findings; those of three and more cases that are the same become one.
  private static func grouped(_ findings: [Finding]) -> [String] {
    let same = Dictionary(grouping: findings.filter { $0.shared != nil }) { $0.shared ?? "" }
    var told: Set<String> = []
    return findings.compactMap { finding in
      guard let shared = finding.shared, let all = same[shared], all.count > 2 else {
        return finding.message
      }
      guard told.insert(shared).inserted else { return nil }
      let cases = all.map { $0.cases[0] }
      let names = cases.prefix(5).joined(separator: ", ")
      let more = cases.count > 5 ? " and \(cases.count - 5) more" : ""
      return "\(cases.count) cases (\(names)\(more)): \(shared)"
    }
  }

  private static func range(_ channel: CaseCheck.Channel) -> String {
    guard let low = channel.minimum, let high = channel.maximum else { return "none" }
    return "\(short(Double(low)))…\(short(Double(high)))"
  }

  /// `train 5, test 20, none 3`.
  private static func list(_ counts: [String: Int], of all: Int) -> String {
    let named = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let rest = all - counts.values.reduce(0, +)
    return (named + (rest > 0 ? ["none \(rest)"] : [])).joined(separator: ", ")
  }

  /// The smallest and the largest of some numbers.
  private static func span(_ numbers: [Double]) -> String {
    let (low, high) = (numbers.min() ?? 0, numbers.max() ?? 0)
    return low == high ? short(low) : "\(short(low))…\(short(high))"
  }

  /// Numbers as people write extents: 1x2x3.
  static func product(_ numbers: [Double]) -> String {
    numbers.map { short($0) }.joined(separator: "x")
  }

  /// A number without digits nobody needs.
  static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : String(format: "%.4g", value)
  }
}
