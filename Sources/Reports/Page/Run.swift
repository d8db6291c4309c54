import Archives
import Foundation

/// What a report shows of one folder: a run, or an evaluation alone.
public struct Run: Sendable {
  /// One line of `metrics.jsonl`.
  struct Step: Sendable, Equatable, Decodable {
    let step: Int
    let loss: Double?
    let ce: Double?
    let dice: Double?
    let lr: Double?
    let seconds: Double?
  }

  /// The folder's name.
  let name: String
  /// The recipe's text.
  let recipe: String?
  /// The environment: names and values, nested names joined by dots.
  let environment: [(name: String, value: String)]
  /// The steps of the training.
  let steps: [Step]
  /// The SHA-256 of the adapter file.
  let adapter: String?
  /// The scores.
  let evaluation: Evaluation?
  /// Where the masks and images are.
  let record: EvaluationRecord?
  /// What is missing or damaged, in sentences.
  let notes: [String]
  /// What the program that made the run tells of it; the folder alone does not.
  public var provenance: Provenance?

  /// The text of the recipe, where there is one.
  public var recipeText: String? { recipe }

  /// A value of the environment.
  public func environment(_ name: String) -> String? {
    environment.first { $0.name == name }?.value
  }

  /// How long the steps took, in seconds.
  var seconds: Double? { environment("seconds").flatMap(Double.init) ?? steps.last?.seconds }

  /// How many numbers of the model were trained.
  var trainedParameters: Int? { environment("trained_parameters").flatMap(Int.init) }

  /// What was run, in a few words.
  var facts: [(name: String, value: String)] {
    let hashes = [("Weights", "weights_sha256"), ("Pack", "pack_sha256")].compactMap { name, key in
      environment(key).map { (name: name, value: $0) }
    }
    let time = seconds.map { [(name: "Time", value: duration($0))] } ?? []
    let trained = trainedParameters.map { [(name: "Trained parameters", value: grouped($0))] } ?? []
    let peak = environment("peak_memory_bytes").flatMap(Double.init)
      .map { [(name: "Peak memory", value: memory($0))] }
    let others = [("Seed", "seed"), ("Precision", "precision"), ("Version", "version")]
      .compactMap { name, key in environment(key).map { (name: name, value: $0) } }
    return (provenance?.facts ?? []) + hashes + time + trained + (peak ?? []) + others
  }

  /// Reads a run folder, or a folder that `graft evaluate --out` wrote.
  public init(folder: String) throws(ReportError) {
    let files = try Files(of: folder)
    name = files.name
    recipe = try files["recipe.yaml"].map { path throws(ReportError) in try Self.text(path) }
    var environment: [(name: String, value: String)] = []
    for file in ["environment.json", "finished.json"].compactMap({ files[$0] }) {
      environment += try Self.environment(file)
    }
    self.environment = environment
    let log = try files["metrics.jsonl"].map { path throws(ReportError) in
      Self.steps(try Self.text(path))
    }
    steps = log?.steps ?? []
    adapter = files["adapter.safetensors"].flatMap { try? Digest.sha256(ofFile: $0) }
    evaluation = try files.metrics.map { path throws(ReportError) in
      try Evaluation(contentsOf: path)
    }
    record = try files.cases.map { path throws(ReportError) in
      try EvaluationRecord(contentsOf: path)
    }
    var notes: [String] = []
    if let damaged = log?.damaged, damaged > 0 {
      notes.append("\(damaged) lines of metrics.jsonl could not be read and are left out.")
    }
    if evaluation == nil {
      notes.append(
        "This run has not been evaluated: graft evaluate --out writes into its folder evaluation.")
    } else if record == nil {
      notes.append("The evaluation has no cases.json, so there are no pictures.")
    }
    self.notes = notes
  }

  /// The files of a run's or an evaluation's folder.
  private struct Files {
    let folder: URL
    /// The scores, and the record of the files they are of.
    private(set) var metrics: String?
    private(set) var cases: String?

    /// Refuses a folder that has neither a run nor scores.
    init(of path: String) throws(ReportError) {
      folder = URL(fileURLWithPath: path).standardizedFileURL
      let isRun = self["recipe.yaml"] != nil || self["metrics.jsonl"] != nil
      let places = isRun ? ["evaluation/"] : ["", "evaluation/"]
      let place = places.first { self["\($0)metrics.json"] != nil }
      guard isRun || place != nil else {
        throw .missing(
          path: path,
          reason: "no run and no evaluation is here (recipe.yaml, metrics.jsonl, metrics.json or "
            + "evaluation/metrics.json)")
      }
      metrics = place.flatMap { self["\($0)metrics.json"] }
      cases = place.flatMap { self["\($0)cases.json"] }
    }

    /// The path of a file that is there.
    subscript(name: String) -> String? {
      let path = folder.appendingPathComponent(name).path
      return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// The folder's name; that of the run where it is its `evaluation`.
    var name: String {
      let isPart = folder.lastPathComponent == "evaluation"
      return (isPart ? folder.deletingLastPathComponent() : folder).lastPathComponent
    }
  }

  private static func text(_ path: String) throws(ReportError) -> String {
    do { return try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw .malformed(path: path, reason: "it is no text that can be read")
    }
  }

  /// The steps of a log and how many lines are damaged; a last line that was torn off is no damage.
  private static func steps(_ text: String) -> (steps: [Step], damaged: Int) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let decoder = JSONDecoder()
    var steps: [Step] = []
    var damaged = 0
    for (index, line) in lines.enumerated() where !line.isEmpty {
      if let step = try? decoder.decode(Step.self, from: Data(line.utf8)) {
        steps.append(step)
      } else if index < lines.count - 1 {
        damaged += 1
      }
    }
    return (steps, damaged)
  }

  private static func environment(
    _ path: String
  ) throws(ReportError) -> [(name: String, value: String)] {
    guard let root = try? JSONDecoder().decode(Environment.self, from: Data(try text(path).utf8))
    else { throw .malformed(path: path, reason: "it is no JSON object") }
    return root.flattened("")
  }

  /// Any JSON, as far as a list of names and values needs it.
  private enum Environment: Decodable {
    case object([String: Environment])
    case list([Environment])
    case leaf(String)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let members = try? value.decode([String: Environment].self) {
        self = .object(members)
      } else if let elements = try? value.decode([Environment].self) {
        self = .list(elements)
      } else if let flag = try? value.decode(Bool.self) {
        self = .leaf(flag ? "yes" : "no")
      } else if let whole = try? value.decode(Int.self) {
        self = .leaf("\(whole)")
      } else if let number = try? value.decode(Double.self) {
        self = .leaf("\(number)")
      } else if let text = try? value.decode(String.self) {
        self = .leaf(text)
      } else {
        self = .leaf("–")
      }
    }

    func flattened(_ prefix: String) -> [(name: String, value: String)] {
      switch self {
      case .object(let members):
        members.sorted { $0.key < $1.key }.flatMap {
          $0.value.flattened(prefix.isEmpty ? $0.key : "\(prefix).\($0.key)")
        }
      case .list(let elements):
        [(prefix, elements.flatMap { $0.flattened("") }.map(\.value).joined(separator: ", "))]
      case .leaf(let text): [(prefix, text)]
      }
    }
  }
}
