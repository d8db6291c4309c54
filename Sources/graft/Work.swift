package import Failures
import Foundation
import Training

/// A long piece of work of a command, told while it is done: how much of how much, and the time left.
///
/// On a terminal one line renews itself, at most ten times a second; elsewhere, with text, a plain line comes once a
/// minute; with `--log-format json` an object comes at most once a second, and for the first and the last mark:
///
///     {"event":"progress","work":"predict","done":3,"total":20,"seconds":12.4,"seconds_left":70.1,
///      "resident_bytes":312000000,"message":…,"time":…} and what belongs to the work, such as "case" or "loss".
///
/// `done` may have a fraction (slices of a case); `seconds_left` is null until it can be told.
package final class Work {
  /// Where and how the work is told.
  package enum Style: Sendable {
    /// One line of so many columns that renews itself.
    case terminal(columns: Int)
    /// Plain lines, now and then.
    case plain
    /// Objects.
    case json
  }

  /// A line, or an object's fields.
  package typealias Output = (_ sentence: String, _ fields: [String: any Sendable]) -> Void

  private let name: String
  private let style: Style
  private let now: () -> Double
  private let output: Output
  private let isInterrupted: () -> Bool
  private var pace: Pace
  private var lastTold: Double?
  private let showsMemory: Bool

  /// Begins a piece of work of some units; `now` counts seconds from any time on.
  package init(
    _ name: String, total: Int, done: Int = 0, style: Style, showsMemory: Bool = false,
    isInterrupted: @escaping () -> Bool = { false },
    now: @escaping () -> Double = Work.uptime,
    output: @escaping Output
  ) {
    self.name = name
    self.style = style
    self.showsMemory = showsMemory
    self.isInterrupted = isInterrupted
    self.now = now
    self.output = output
    pace = Pace(total: Double(total), done: Double(done), at: now())
  }

  /// The seconds since the system was started, which no change of the clock disturbs.
  package static func uptime() -> Double { ProcessInfo.processInfo.systemUptime }

  /// The seconds the rest takes; nil before there is anything to tell it by.
  package var secondsLeft: Double? { pace.secondsLeft(at: now()) }

  /// Notes how much is done, and tells it where a line is due.
  package func mark(
    _ done: Double, detail: String = "", _ fields: [String: any Sendable] = [:]
  ) {
    let time = now()
    pace.advance(to: done, at: time)
    if isDue(at: time) { tell(detail, fields, at: time) }
  }

  /// Notes how much is done, and tells it where a line is due.
  /// - Throws: `Interrupted` where the user has asked to stop and something is left to do.
  package func advance(
    to done: Double, detail: String = "", _ fields: [String: any Sendable] = [:]
  ) throws {
    mark(done, detail: detail, fields)
    if isInterrupted(), pace.done < pace.total { throw Interrupted() }
  }

  private func isDue(at time: Double) -> Bool {
    let since = lastTold.map { time - $0 }
    switch style {
    case .terminal: return since ?? .infinity >= 0.1 || pace.done == pace.total
    case .plain:
      // The time of the beginning counts, so that short work stays silent.
      return since ?? pace.elapsed(at: time) >= 60
    case .json: return since ?? .infinity >= 1 || pace.done == pace.total
    }
  }

  private func tell(_ detail: String, _ more: [String: any Sendable], at time: Double) {
    lastTold = time
    let left = pace.secondsLeft(at: time)
    var fields = more
    fields["work"] = name
    let isWhole = pace.done == pace.done.rounded()
    fields["done"] = isWhole ? Int(pace.done) : Work.rounded(pace.done)
    fields["total"] = Int(pace.total)
    fields["seconds"] = Work.rounded(pace.elapsed(at: time))
    fields["seconds_left"] = left.map { Work.rounded($0) } ?? NSNull()
    fields["resident_bytes"] = ProcessMemory.resident
    output(line(detail, left: left), fields)
  }

  private static func rounded(_ number: Double) -> Double { (number * 1000).rounded() / 1000 }

  /// The line for the user, cut to the terminal's width so that it stays one line.
  private func line(_ detail: String, left: Double?) -> String {
    let (done, total) = (Int(pace.done), Int(pace.total))
    let share = pace.total > 0 ? Int(100 * pace.done / pace.total) : 100
    var parts = ["\(name) \(done)/\(total) (\(share) %)"]
    if let left, done < total { parts.append("\(duration(left)) left") }
    if !detail.isEmpty { parts.append(detail) }
    if showsMemory, let bytes = ProcessMemory.resident {
      parts.append("memory \(bytes / 1_000_000) MB")
    }
    let line = parts.joined(separator: "  ")
    guard case .terminal(let columns) = style, line.count >= columns else { return line }
    return String(line.prefix(max(1, columns - 2))) + "…"
  }
}

/// The user asked to stop in the middle of a piece of work.
package struct Interrupted: Failure {
  /// What is left behind, and how to go on.
  var outcome = "Nothing was written; start again."

  /// Interrupted.
  package var kind: FailureKind { .interrupted }
  /// The sentence for the user.
  package var description: String { "Interrupted. \(outcome)" }
}
