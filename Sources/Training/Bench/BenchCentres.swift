import Adaptation
import Exemplars
import Foundation
import Yams

extension BenchPlan {
  /// A comparison across centres: a first model learns from the scans of old centres, every method adapts it to a new one,
  /// and each is tested on both.
  ///
  /// Saeed et al., Prompt-Based Tuning of Transformer Models for Multi-Center Medical Image Segmentation of Head and Neck
  /// Cancer (2023), whose protocol this is; the first model and its budget are the plan's.
  public struct Centres: Sendable, Equatable {
    /// The old centres; nil for all but the new one.
    public var old: [String]?
    /// The centres that are new, each in its turn.
    public var new: [String]
    /// How the first model learns from all scans of the old centres that may be learned from.
    public var first: Method
    /// How long it learns.
    public var budget: Recipe.Budget
  }

  /// Reads the key `centres`.
  static func centres(_ top: PlanNode) throws -> Centres? {
    guard let node = top["centres"] else { return nil }
    let entry = try PlanNode(
      node, file: top.file, path: "centres", keys: ["old", "new", "first"])
    guard let newNode = entry["new"] else {
      throw BenchError.missing(file: top.file, key: "centres.new")
    }
    let new = try entry.texts(newNode, "new")
    let old = try entry["old"].map { try entry.texts($0, "old") }
    if let both = new.first(where: { old?.contains($0) ?? false }) {
      throw BenchError.conflict(
        file: top.file, reason: "centres: \(both) cannot be an old centre and a new one.")
    }
    guard let firstNode = entry["first"] else {
      throw BenchError.missing(file: top.file, key: "centres.first")
    }
    let first = try PlanNode(
      firstNode, file: top.file, path: "centres.first", keys: ["method", "settings", "budget"])
    let name = try first.text("method")
    guard case .learning(let method)? = BenchMethod(name), !method.learnsPrompts else {
      throw BenchError.value(
        file: top.file, key: "centres.first.method", found: "\"\(name)\"",
        expected: "a method that trains the model itself, such as decoder-full")
    }
    return Centres(
      old: old, new: new,
      first: Method(
        name: name, label: "first model", settings: try first.settings("settings"), weights: nil),
      budget: try Self.budget(first))
  }
}

extension Bench {
  /// The centres a cell is about: the new one, and those its first model learned from; nil in a plan without centres.
  public func centres(of cell: BenchCell) -> (new: String, old: [String])? {
    guard let plan = plan.centres, let new = cell.centre else { return nil }
    let all = Set(pack.cases.compactMap(\.centre)).sorted()
    return (new, plan.old ?? all.filter { $0 != new })
  }

  /// Whether a cell is its first model as it is.
  public func isUnadapted(_ cell: BenchCell) -> Bool {
    method(cell.method).name == UnadaptedMethod.name
  }

  /// Those of some cases that are from some centres.
  private func cases(_ names: [String], from centres: [String]) -> [String] {
    names.filter { name in
      (try? pack.entry(name).centre).flatMap { $0 }.map(centres.contains) ?? false
    }
  }

  /// The cases a cell's exemplars are chosen from: all, or those of its new centre.
  func candidates(of cell: BenchCell) -> [String] {
    guard let centres = centres(of: cell) else { return candidates }
    return cases(candidates, from: [centres.new])
  }

  /// The cases a cell is tested on: all, or those of its centres.
  func tests(of cell: BenchCell) -> [String] {
    guard let centres = centres(of: cell) else { return tests }
    return cases(tests, from: centres.old + [centres.new])
  }

  /// The model a cell starts from; nil in a plan without centres.
  func firstModel(of cell: BenchCell) throws -> FirstModel? {
    guard let centres = centres(of: cell), let plan = plan.centres else { return nil }
    if let known = firstModels[centres.new] { return known }
    let folder = "\(folder.path)/centres/\(BenchCell.slug(centres.old.joined(separator: "-")))"
    let recipe = try self.plan.recipe(
      plan.first, seed: self.plan.seeds[0], exemplars: cases(candidates, from: centres.old),
      synthesis: .none, out: "\(folder)/run", budget: plan.budget)
    let model = FirstModel(
      folder: folder, recipe: recipe,
      fingerprint: try FirstModel.fingerprint(
        recipe, weights: weights[recipe.weights] ?? "", pack: packSHA256, version: version))
    firstModels[centres.new] = model
    return model
  }

  /// Refuses centres the pack does not have, or of which nothing is learned or tested.
  func checkCentres() throws {
    guard let centres = plan.centres else { return }
    let known = Set(pack.cases.compactMap(\.centre))
    for name in centres.new + (centres.old ?? []) where !known.contains(name) {
      throw BenchError.value(
        file: plan.file, key: "centres", found: name,
        expected: known.isEmpty
          ? "centres, but the cases of \(plan.pack) have none"
          : "centres of the pack, which are \(known.sorted().joined(separator: ", "))")
    }
    for cell in plan.cells {
      guard let (new, old) = self.centres(of: cell) else { continue }
      let empty =
        candidates(of: cell).count < cell.exemplars
        ? "of the centre \(new) fewer than \(cell.exemplars) cases may be learned from"
        : cases(candidates, from: old).isEmpty
          ? "of \(old.joined(separator: ", ")) no case may be learned from"
          : cases(tests, from: [new]).isEmpty || cases(tests, from: old).isEmpty
            ? "no case of \(new), or of its old centres, is tested on" : nil
      if let empty { throw BenchError.conflict(file: plan.file, reason: "centres: \(empty).") }
    }
  }
}
