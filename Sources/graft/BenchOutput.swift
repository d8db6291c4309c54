import Archives
import Exemplars
import Foundation
import Metrics
import Reports
import Training
import Volumes

/// The report of a bench: what is there of its cells, as page, tables and files.
struct BenchOutput {
  let bench: Bench
  let tasks: [Bench.Task]

  /// Writes `results.csv`, `results.json`, `summary.md` and, last, `report.html`, and prints the table.
  func write(_ console: Console) throws {
    let results = try tasks.compactMap { try bench.result(of: $0) }
    let report = BenchReport(try subject(results), results.map(scores))
    let out = bench.folder.path
    let picture = try bench.plan.keepsMasks ? report.medianCase.map(self.picture) : nil
    for (name, text) in [
      ("results.csv", report.csv), ("results.json", report.json), ("summary.md", report.markdown),
      ("report.html", BenchPage(report, picture: picture).html),
    ] {
      try AtomicFile.write(Data(text.utf8), to: "\(out)/\(name)")
    }
    console.print(report.table)
    console.tell(
      "The report is \(out)/report.html.", event: "report", ["path": "\(out)/report.html"])
  }

  /// Writes image and reference of a case beside the report, for the page's pictures.
  private func picture(_ name: String) throws -> BenchPicture {
    let folder = "\(bench.folder.path)/case"
    let (image, reference) = ("\(folder)/image.nii.gz", "\(folder)/reference.nii.gz")
    let classes = try bench.pack.classes(name)
    let map = bench.pack.labels
    let values = map.classes.indices.map { map.outputValue(of: $0 + 1) }
    let labels = classes.values.map { $0 == 0 ? 0 : values[Int($0) - 1] }
    try AtomicFile.makeFolder(folder)
    try bench.pack.image(name).write(image)
    try LabelVolume(values: labels, geometry: classes.geometry).write(reference)
    return BenchPicture(
      name: name, image: image, reference: reference,
      labels: LabelMap(
        zip(map.classes, values).map { LabelMap.Class(name: $0.name, values: [$1]) }))
  }

  private func subject(_ results: [CellResult]) throws -> BenchReport.Subject {
    let failures = tasks.compactMap { task in
      bench.failure(of: task).map { (id: task.cell.id, reason: $0) }
    }
    var subject = BenchReport.Subject(
      title: title, lead: lead, facts: facts(results), plan: bench.plan.text,
      recipes: recipes(results), tests: bench.tests, unit: results.first?.unit ?? "mm",
      planned: tasks.count,
      failures: failures, version: bench.version)
    subject.centres = Dictionary(
      uniqueKeysWithValues: bench.pack.cases.compactMap { entry in
        entry.centre.map { (entry.id, $0) }
      })
    return subject
  }

  /// What the report shows of a cell.
  private func scores(_ result: CellResult) -> BenchCellScores {
    var scores = BenchCellScores(
      result, masks: bench.plan.keepsMasks ? bench.folder.masks(result.cell) : nil)
    scores.centres = bench.centres(of: result.cell)
    scores.clock = bench.plan.budget.processorSeconds == nil ? .wall : .processor
    scores.isUnadapted = bench.isUnadapted(result.cell)
    return scores
  }

  private var title: String {
    let name = URL(fileURLWithPath: bench.plan.pack).deletingPathExtension().lastPathComponent
    return "Which adaptation is worth it? \(name)"
  }

  /// What is compared, on which data.
  private var lead: String {
    let pack = bench.pack
    let classes = pack.labels.classes.map(\.name).joined(separator: ", ")
    let data =
      "\(bench.tests.count) test cases of \(URL(fileURLWithPath: pack.path).lastPathComponent) "
      + "(\(pack.dataset); classes \(classes)); exemplars from \(bench.candidates.count) other cases."
    return ([data] + [bench.plan.note].compactMap(\.self)).joined(separator: " ")
  }

  private func facts(_ results: [CellResult]) -> [(name: String, value: String)] {
    let plan = bench.plan
    let budget =
      plan.budget.steps.map { "\($0) steps" }
      ?? plan.budget.seconds.map { "\(Int($0)) s of training on the clock" }
      ?? "\(Int(plan.budget.processorSeconds ?? 0)) s of processor time for training"
    let choices = plan.choices.map { rule in
      "\(rule.count) × \(rule.selection.map { "\($0.rawValue) (seed \(rule.seed))" } ?? "given")"
    }
    let hashes = bench.weights.sorted { $0.key < $1.key }.map { path, digest in
      ("Weights \(URL(fileURLWithPath: path).lastPathComponent)", digest)
    }
    let machines = Set(results.map { "\($0.threads) threads, \($0.instructionSet)" }).sorted()
    return [
      ("Budget", "\(budget), the same for all that train"),
      ("Choices", choices.joined(separator: "; ")),
      ("Seeds", plan.seeds.map { "\($0)" }.joined(separator: ", ")),
      ("Test cases", "\(bench.tests.count)"),
      ("Largest component only", plan.keepsLargest ? "yes" : "no"),
    ] + hashes + [
      ("Pack", bench.packSHA256), ("Machine", machines.joined(separator: "; ")),
      ("Version", Set(results.map(\.version)).sorted().joined(separator: ", ")),
    ]
  }

  /// The resolved recipe of each arm's first cell.
  private func recipes(_ results: [CellResult]) -> [(name: String, text: String)] {
    var seen: Set<String> = []
    return results.compactMap { result in
      let synthesis = result.cell.synthesis.map { ", synthesis \($0)" } ?? ""
      let name = "\(result.cell.method)\(synthesis)"
      guard let recipe = result.recipe, seen.insert(name).inserted else { return nil }
      return (name, recipe)
    }
  }
}

extension BenchCellScores {
  /// What a report shows of a cell's result.
  fileprivate init(_ result: CellResult, masks: String?) {
    func cost(_ cost: CellResult.Cost) -> Cost {
      Cost(wall: cost.seconds, processor: cost.processorSeconds)
    }
    let cell = result.cell
    self.init(
      id: cell.id, method: cell.method, synthesis: cell.synthesis, exemplars: cell.exemplars,
      selection: cell.selection, choice: cell.choice, seed: cell.seed, names: result.exemplars,
      rows: result.scores.map {
        Evaluation.Row(name: $0.name, label: .name($0.label), scores: $0.scores)
      },
      trainedParameters: result.trainedParameters, steps: result.steps,
      encoding: cost(result.encoding), training: cost(result.training),
      prediction: cost(result.prediction), peakMemory: result.peakMemoryBytes, masks: masks,
      curve: result.curve.map { ($0.step, $0.seconds, $0.loss) })
  }
}
