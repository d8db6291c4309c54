import Archives
import ArgumentParser
import Checkpoints
import Foundation
import Reports
import SegmentAnything
import Tensors

/// `graft demo`: the whole job on generated scans.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Runs the whole job on generated scans and bundled weights, ending in a page.",
    discussion: """
      Generates labelled abdominal CT and brain MR scans, five exemplars and ten test cases of each, and adapts the \
      weights by decoder-lora, decoder-full and samed, and beside them a model that was never trained. Each run is \
      tuned, predicts, is evaluated and reported with the commands that are printed, which can be copied; one page \
      shows all of them side by side:

        graft demo --out runs/demo
      """)

  @Option(
    help: "The folder for everything the demo makes; what an earlier demo left there is replaced.")
  var out = "graft-demo"
  @Option(help: "The weights to adapt; the bundled ones where none are named.")
  var weights: String?
  @Flag(help: .hidden) var rehearsal = false
  @OptionGroup var common: CommonOptions

  private var control: String { "\(out)/never-trained.safetensors" }
  private var page: String { "\(out)/report.html" }

  func run() async throws {
    let console = common.apply()
    let start = Date()
    let weights = try weights ?? BundledWeights.path()
    let side = try Configuration(of: Checkpoint(contentsOf: weights).withOfficialNames()).imageSize
    let trials = DemoTrial.both(
      in: out, weights: weights, control: control,
      scale: rehearsal ? .rehearsal : .full(side: side))
    try replaceFolder(for: trials)
    console.tell("making a never-trained model of the same sizes", event: "control")
    try DemoControl.write(like: weights, to: control, console)
    var studies: [Study] = []
    for trial in trials { studies.append(try await study(trial, console)) }
    let seconds = Int(Date().timeIntervalSince(start))
    let whole = StudyPage(
      title: "Few exemplars, several methods", lead: Self.lead, studies: studies,
      facts: try facts(weights, trials[0].scale, seconds: seconds), commands: commands(trials[0]),
      version: Graft.configuration.version)
    try AtomicFile.write(Data(whole.html.utf8), to: page)
    for study in studies { print("\n\(study.table)", terminator: "") }
    print("\nThe scans are synthetic. The page of all of it is \(page) (\(seconds) s in all).")
  }

  private static let lead = """
    Everything here is synthetic: the scans were drawn by graft, from formulas and random numbers. The page shows what \
    the program does and how its methods compare on such scans; it tells nothing about patients.
    """

  /// Makes the scans of an anatomy and sends every arm through the whole job.
  private func study(_ trial: DemoTrial, _ console: Console) async throws -> Study {
    console.tell(
      "generating \(trial.scale.exemplars + trial.scale.tests) labelled scans: \(trial.name) (synthetic, seed 1)",
      event: "generating")
    try trial.writeScans()
    try await run(trial.pack, console)
    var arms: [Study.Arm] = []
    for arm in trial.arms {
      let start = Date()
      try await run(trial.tune(arm), console)
      let seconds = Date().timeIntervalSince(start)
      for command in trial.use(arm) { try await run(command, console) }
      let folder = trial.run(arm)
      arms.append(
        Study.Arm(
          try Run(describing: folder), words: arm.words, seconds: seconds,
          report: "\(trial.name)/\(arm.name)/report.html"))
    }
    return try Study(title: trial.title, question: trial.question, arms: arms)
  }

  /// Prints a command and runs it.
  private func run(_ command: [String], _ console: Console) async throws {
    console.tell("\n\(Self.line(command))", event: "command")
    let options = ["--threads", "\(common.threads)", "--log-format", common.logFormat.rawValue]
    try await Graft.run(command + options)
    fflush(nil)
  }

  /// A command as it is typed.
  private static func line(_ command: [String]) -> String {
    let words = command.map { word in
      word.contains { !$0.isLetter && !$0.isNumber && !"-_./,=+:@%".contains($0) }
        ? "'\(word.replacing("'", with: "'\\''"))'" : word
    }
    return "$ graft \(words.joined(separator: " "))"
  }

  /// The first run of an anatomy, from scans to report.
  private func commands(_ trial: DemoTrial) -> [(title: String, lines: [String])] {
    let arm = trial.arms[0]
    return [
      (
        "\(trial.title), \(arm.name); the other runs differ in weights, method and budget",
        ([trial.pack, trial.tune(arm)] + trial.use(arm)).map(Self.line)
      )
    ]
  }

  private func facts(
    _ weights: String, _ scale: DemoScale, seconds: Int
  ) throws -> [(name: String, value: String)] {
    [
      ("Weights", URL(fileURLWithPath: weights).lastPathComponent),
      ("Their SHA-256", try Digest.sha256(ofFile: weights)),
      ("Scans of each anatomy", "\(scale.exemplars) exemplars, \(scale.tests) tests"),
      ("Threads", "\(Threads.count), \(Processor.instructionSet)"),
      ("Time in all", "\(seconds) s"), ("Version", Graft.configuration.version),
    ]
  }

  /// Makes the folders; of what is there, only an earlier demo's own files and folders are removed.
  private func replaceFolder(for trials: [DemoTrial]) throws {
    let files = FileManager.default
    try AtomicFile.makeFolder(out)
    let isDemo = trials.contains {
      files.fileExists(atPath: "\($0.folder)/scans/images/subject00.nii.gz")
    }
    guard try isDemo || files.contentsOfDirectory(atPath: out).isEmpty else {
      throw ValidationError("\(out) holds something that is not a demo. Give an empty folder.")
    }
    let made = trials.flatMap { trial in trial.contents.map { "\(trial.folder)/\($0)" } }
    for path in made + [control, page] where files.fileExists(atPath: path) {
      try files.removeItem(atPath: path)
    }
    for trial in trials {
      for folder in ["scans/images", "scans/labels", "test/images", "test/labels"] {
        try AtomicFile.makeFolder("\(trial.folder)/\(folder)")
      }
    }
  }
}
