import Foundation
import Inference
import Training
import Volumes

/// The prediction of cases one after the other; it stops between two slices where the user asks to.
struct CasePredictions {
  /// What is said of the masks beside the masks.
  enum Judgement {
    /// Nothing.
    case none
    /// What costs nothing more.
    case plain
    /// The agreement with the mirrored image too, which takes a second pass.
    case mirrored
  }

  let prediction: VolumePrediction
  let cases: [PredictionCase]
  let out: String
  let format: WrittenFormat?
  let judgement: Judgement
  let console: Console

  /// How often the confidences so far are written, in seconds, so that long runs do not write them over and over.
  private static let writing = 10.0

  /// Predicts all cases and writes their masks; where `resumes`, those that are there already stay as they are.
  func run(resumes: Bool) throws {
    // A mask written beside others joins their report.
    let joins = judgement != .none && (resumes || cases.first?.target(out, format: format) == out)
    let earlier = try joins ? ConfidenceReport(inFolder: folder) : ConfidenceReport()
    let rest = resumes ? undone(cases, earlier) : cases
    let done = cases.count - rest.count
    if resumes {
      console.tell(
        "\(done) of \(cases.count) cases are done already.", event: "resumed",
        ["done": done, "total": cases.count])
    }
    let work = console.work(
      "predict", total: cases.count, done: done, interruption: Interruption())
    var rows: [Confidence] = []
    var written = Work.uptime()
    do {
      for (index, one) in rest.enumerated() {
        rows += try predict(one, work, after: done + index)
        if Work.uptime() - written > CasePredictions.writing {
          try write(ConfidenceReport(rows, after: earlier))
          written = Work.uptime()
        }
        try work.advance(to: Double(done + index + 1), detail: one.name, ["case": one.name])
      }
    } catch is Interrupted {
      try write(ConfidenceReport(rows, after: earlier))
      throw Interrupted(
        outcome:
          "The masks of finished cases are there; the same command with --resume does the rest.")
    }
    console.clearLine()
    let report = ConfidenceReport(rows, after: earlier)
    try write(report)
    tell(report)
  }

  /// Predicts a case that `done` others came before, writes its mask and returns how sure it is.
  private func predict(_ one: PredictionCase, _ work: Work, after done: Int) throws -> [Confidence]
  {
    let image = try one.image()
    for warning in image.source.warnings {
      console.tell("warning: \(one.name): \(warning)", event: "warning", ["case": one.name])
    }
    func progress(_ slices: Int, _ total: Int) throws {
      let share = Double(slices) / Double(total + 1)
      try work.advance(to: Double(done) + share, detail: one.name, ["case": one.name])
    }
    var confidence: [Confidence] = []
    let labels: LabelVolume
    if judgement == .none {
      labels = try prediction.labels(of: image, case: one.name, progress: progress)
    } else {
      (labels, confidence) = try prediction.judgedLabels(
        of: image, case: caseName(of: one), mirrored: judgement == .mirrored, progress: progress)
    }
    let target = try one.write(labels, to: out, format: format)
    console.print(target)
    if console.format == .json {
      console.tell("predicted \(one.name)", event: "predicted", ["case": one.name, "path": target])
    }
    return confidence
  }

  /// The cases whose mask is not there, or without its confidence where that is wanted.
  private func undone(
    _ cases: [PredictionCase], _ report: ConfidenceReport
  ) -> [PredictionCase] {
    let judged = report.names
    return cases.filter { one in
      !one.isWritten(to: out, format: format)
        || (judgement != .none && !judged.contains(caseName(of: one)))
    }
  }

  /// What a case is called in the report: its mask's name.
  private func caseName(of one: PredictionCase) -> String {
    ConfidenceReport.caseName(one.target(out, format: format))
  }

  /// The folder of the masks.
  private var folder: String {
    let target = cases.first?.target(out, format: format) ?? out
    return URL(fileURLWithPath: target).deletingLastPathComponent().path
  }

  private func write(_ report: ConfidenceReport) throws {
    guard judgement != .none else { return }
    try report.write(toFolder: folder)
  }

  private func tell(_ report: ConfidenceReport) {
    guard judgement != .none else { return }
    console.tell(report.sentence, event: "confidence", ["flagged": report.flagged])
  }
}
