import Archives
import Checkpoints
public import Exemplars
import Foundation
import Inference
import SegmentAnything
import Tensors

/// A comparison that is about to be made or being made: a plan, its pack, and where its results lie.
public final class Bench {
  /// A cell with what decides it.
  public struct Task: Sendable {
    /// The cell.
    public let cell: BenchCell
    /// The exemplars in the order of their choice.
    public let exemplars: [String]
    /// The exemplars of each test case, where they are chosen query by query.
    public let byQuery: [String: [String]]?
    /// The SHA-256 of everything that decides the result.
    public let fingerprint: String
  }

  /// The plan.
  public let plan: BenchPlan
  /// Where results lie.
  public let folder: BenchFolder
  /// The pack.
  public let pack: Pack
  /// The cases exemplars are chosen from.
  public let candidates: [String]
  /// The cases every cell is tested on.
  public let tests: [String]
  /// The SHA-256 of the weights' files by their paths.
  public let weights: [String: String]
  /// The SHA-256 of the pack.
  public let packSHA256: String
  /// The version of the program.
  public let version: String
  let decoderHeads: Int?
  /// The fingerprints of results that were seen.
  private var done: Set<String> = []
  /// The stores that were opened, by the number format of their entries.
  private var stores: [NumberFormat: EmbeddingStore] = [:]
  /// The first models that were asked for, by the new centre.
  var firstModels: [String: FirstModel] = [:]
  let isInterrupted: () -> Bool
  let report: (BenchEvent) -> Void

  /// Opens what a plan names; nothing is written.
  public init(
    _ plan: BenchPlan, decoderHeads: Int? = nil, version: String,
    isInterrupted: @escaping () -> Bool = { false },
    report: @escaping (BenchEvent) -> Void = { _ in }
  ) throws {
    self.plan = plan
    self.version = version
    self.decoderHeads = decoderHeads
    self.isInterrupted = isInterrupted
    self.report = report
    folder = BenchFolder(plan.out)
    pack = try Pack(plan.pack)
    candidates = try Self.cases(plan.candidates, "split.exemplars", plan, pack)
    tests = try Self.cases(plan.tests, "split.test", plan, pack)
    weights = try Dictionary(
      Set([plan.weights] + plan.methods.compactMap(\.weights)).map {
        ($0, try Digest.sha256(ofFile: $0))
      }
    ) { first, _ in first }
    packSHA256 = try pack.digest()
    try checkCases()
    try checkCentres()
  }

  private static func cases(
    _ cases: BenchPlan.Cases, _ key: String, _ plan: BenchPlan, _ pack: Pack
  ) throws -> [String] {
    switch cases {
    case .split(let name):
      let found = pack.cases(in: name).map(\.id)
      guard found.isEmpty else { return found }
      let splits = Set(pack.cases.compactMap(\.split)).sorted()
      throw BenchError.value(
        file: plan.file, key: key, found: "the split \(name), which has no case in \(plan.pack)",
        expected: splits.isEmpty
          ? "a list of cases, as the pack has no splits"
          : "one of \(splits.joined(separator: ", "))")
    case .named(let names):
      for name in names { try require(name, key, plan, pack) }
      return names.sorted()
    }
  }

  private static func require(
    _ name: String, _ key: String, _ plan: BenchPlan, _ pack: Pack
  ) throws {
    guard !pack.cases.contains(where: { $0.id == name }) else { return }
    let nearest = RecipeTree.nearest(to: name, in: pack.cases.map(\.id))
    throw BenchError.value(
      file: plan.file, key: key, found: "\(name), which \(plan.pack) does not have",
      expected: "the names of its cases" + (nearest.map { "; the nearest is \($0)" } ?? ""))
  }

  /// Refuses tests that are learned from, and more exemplars than there are.
  private func checkCases() throws {
    let given = plan.choices.flatMap(\.lists).joined()
    for name in given { try Self.require(name, "choices.cases", plan, pack) }
    if let both = (candidates + given).first(where: tests.contains) {
      throw BenchError.conflict(
        file: plan.file,
        reason: "the case \(both) is tested on and may be an exemplar; take it out of one of them.")
    }
    let most = plan.exemplars.last ?? 1
    let isChosen = plan.choices.contains { $0.selection != nil }
    guard !isChosen || most <= candidates.count else {
      throw BenchError.conflict(
        file: plan.file,
        reason:
          "exemplars asks for \(most), but there are \(candidates.count) cases to choose from.")
    }
  }

  /// A method by its label.
  func method(_ label: String) -> BenchPlan.Method {
    plan.methods.first { $0.label == label } ?? plan.methods[0]
  }

  /// A cell's synthesis.
  func synthesis(of cell: BenchCell) -> BenchPlan.Synthesis {
    plan.synthesis.first { $0.label == cell.synthesis } ?? .none
  }

  /// The store beside the pack, which all cells share; opening one takes longer the more it holds.
  func store(of recipe: Recipe) throws -> EmbeddingStore {
    if let store = stores[recipe.store] {
      try store.refresh()
      return store
    }
    let store = try EmbeddingStore(
      folder: EmbeddingStore.folder(forPack: recipe.pack), format: recipe.store)
    stores[recipe.store] = store
    return store
  }

  /// How the pack's volumes become images by a recipe that trains nothing.
  func preparation(of recipe: Recipe) throws -> ImagePreparation {
    let sizes = try Configuration(of: Checkpoint(contentsOf: recipe.weights).withOfficialNames())
    return try RunParts.preparation(
      recipe, of: pack, imageSize: sizes.imageSize, patch: sizes.patch)
  }

  /// The recipe of a cell; of a method that has none, the settings it shares with the others.
  func recipe(_ cell: BenchCell, exemplars: [String]) throws -> Recipe {
    try plan.recipe(
      method(cell.method), seed: cell.seed, exemplars: exemplars, synthesis: synthesis(of: cell),
      out: folder.run(cell), first: firstModel(of: cell)?.weights)
  }

  /// The cells of a part of the plan, or all, with their exemplars; where a rule looks at the cases, they are encoded.
  public func tasks(of shard: BenchShard? = nil) throws -> [Task] {
    try tasks(of: shard, encodes: true)
  }

  /// The same; where nothing may be encoded, the first cases stand for exemplars that only encoding would tell.
  func tasks(of shard: BenchShard?, encodes: Bool) throws -> [Task] {
    let cells = shard.map(plan.cells(of:)) ?? plan.cells
    let chooser = ExemplarChooser(self, encodes: encodes)
    return try cells.map { cell in
      let exemplars = try chooser.exemplars(of: cell)
      let byQuery = try chooser.byQuery(cell)
      return Task(
        cell: cell, exemplars: exemplars, byQuery: byQuery,
        fingerprint: try fingerprint(cell, exemplars, byQuery))
    }
  }

  /// The result of a task; nil where it has none yet.
  public func result(of task: Task) throws -> CellResult? {
    try folder.result(task.cell, fingerprint: task.fingerprint)
  }

  /// Whether a task has its result.
  public func isDone(_ task: Task) throws -> Bool {
    if done.contains(task.fingerprint) { return true }
    guard try result(of: task) != nil else { return false }
    done.insert(task.fingerprint)
    return true
  }

  /// Why a task failed when it was last tried; nil where it did not.
  public func failure(of task: Task) -> String? {
    folder.failure(task.cell, fingerprint: task.fingerprint)
  }

  /// Takes over the results of tasks from another folder; returns how many.
  public func take(from other: String, _ tasks: [Task]) throws -> Int {
    try folder.take(from: other, tasks.map { ($0.cell, $0.fingerprint) })
  }

  /// All that decides a cell's result, but the machine.
  private struct Decision: Encodable {
    let format = CellResult.format
    let version: String
    let method: String
    let recipe: String
    let initial: [String]
    let weights: String
    let pack: String
    let exemplars: [String]
    let byQuery: [String: [String]]?
    let tests: [String]
    let first: String?
    let keepsLargest: Bool
  }

  private func fingerprint(
    _ cell: BenchCell, _ exemplars: [String], _ byQuery: [String: [String]]?
  ) throws -> String {
    let recipe = try recipe(cell, exemplars: exemplars)
    let decision = Decision(
      version: version, method: method(cell.method).name, recipe: try recipe.withoutPaths().yaml(),
      initial: try (recipe.initial ?? []).map { try Digest.sha256(ofFile: $0) },
      weights: weights[recipe.weights] ?? "", pack: packSHA256, exemplars: exemplars,
      byQuery: byQuery, tests: tests(of: cell), first: try firstModel(of: cell)?.fingerprint,
      keepsLargest: plan.keepsLargest)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return Digest.sha256(try encoder.encode(decision))
  }
}
