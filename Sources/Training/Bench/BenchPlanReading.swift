import Exemplars
import Foundation
import Yams

extension BenchPlan {
  private static let keys = [
    "pack", "weights", "out", "split", "methods", "exemplars", "choices", "seeds", "synthesis",
    "budget", "keep_largest", "keep_masks", "settings", "note", "centres",
  ]

  /// Reads a plan's file.
  public init(contentsOf path: String, out: String? = nil) throws {
    try self.init(yaml: try Recipe.text(ofFile: path), name: path, out: out)
  }

  /// Reads a plan from YAML text and checks it; `name` stands for the file in messages, and `out` replaces the plan's.
  public init(yaml: String, name: String, out: String? = nil) throws {
    let node: Node?
    do { node = try Yams.compose(yaml: yaml) } catch let error as YamlError {
      throw BenchError.syntax(file: name, reason: "\(error)")
    }
    guard let node, node.mapping != nil else {
      throw BenchError.syntax(file: name, reason: "expected keys and values at the top.")
    }
    let top = try PlanNode(node, file: name, keys: Self.keys)
    file = name
    text = yaml
    pack = try top.text("pack")
    weights = try top.text("weights")
    self.out = try out ?? top.text("out")
    (candidates, tests) = try Self.split(top)
    methods = try Self.methods(top)
    exemplars = (try top.counts("exemplars") ?? [1, 3, 5, 10]).sorted()
    choices = try Self.choices(top, most: exemplars.last ?? 1)
    seeds = (try top.counts("seeds", atLeast: 0) ?? [1]).map { UInt64($0) }
    synthesis = try Self.syntheses(top)
    budget = try Self.budget(top)
    keepsLargest = try top.flag("keep_largest") ?? false
    keepsMasks = try top.flag("keep_masks") ?? true
    settings = try top.settings("settings")
    note = try top.optionalText("note")
    centres = try Self.centres(top)
    try check()
  }

  private static func split(_ top: PlanNode) throws(BenchError) -> (Cases, Cases) {
    guard let node = top["split"] else { return (.split("train"), .split("test")) }
    let split = try PlanNode(node, file: top.file, path: "split", keys: ["exemplars", "test"])
    func cases(_ key: String, _ standard: String) throws(BenchError) -> Cases {
      guard let node = split[key] else { return .split(standard) }
      if node.sequence != nil { return .named(try split.texts(node, key)) }
      return .split(try split.text(key))
    }
    return (try cases("exemplars", "train"), try cases("test", "test"))
  }

  private static func methods(_ top: PlanNode) throws(BenchError) -> [Method] {
    guard let list = top["methods"] else { throw .missing(file: top.file, key: "methods") }
    var methods: [Method] = []
    for (place, element) in top.elements(list).enumerated() {
      if let name = element.scalar?.string {
        methods.append(Method(name: name, label: name, settings: [], weights: nil))
        continue
      }
      let entry = try PlanNode(
        element, file: top.file, path: "methods.\(place)",
        keys: ["name", "label", "settings", "weights"])
      let name = try entry.text("name")
      methods.append(
        Method(
          name: name, label: try entry.optionalText("label") ?? name,
          settings: try entry.settings("settings"), weights: try entry.optionalText("weights")))
    }
    guard !methods.isEmpty else { throw top.refusal("methods", list, "at least one method") }
    return methods
  }

  private static func choices(_ top: PlanNode, most: Int) throws(BenchError) -> [Choices] {
    guard let node = top["choices"] else {
      return [Choices(selection: .random, count: 3, seed: 1, lists: [])]
    }
    var found: [Choices] = []
    for (place, element) in top.elements(node).enumerated() {
      let path = node.sequence == nil ? "choices" : "choices.\(place)"
      let entry = try PlanNode(
        element, file: top.file, path: path, keys: ["count", "selection", "seed", "cases"])
      found.append(
        entry["cases"] == nil ? try choice(entry) : try given(entry, most: most))
    }
    if let twice = RecipeTree.duplicate(in: found.map(\.name)) {
      throw .conflict(file: top.file, reason: "choices names the selection \(twice) twice.")
    }
    guard !found.isEmpty else { throw top.refusal("choices", node, "at least one choice") }
    return found
  }

  private static func choice(_ entry: PlanNode) throws(BenchError) -> Choices {
    var selection = ExemplarSelection.random
    if let word = try entry.optionalText("selection") {
      let known = ExemplarSelection.allCases.map(\.rawValue)
      guard let found = ExemplarSelection(rawValue: word) else {
        throw .value(
          file: entry.file, key: entry.full("selection"), found: "\"\(word)\"",
          expected: "one of \(known.joined(separator: ", "))")
      }
      selection = found
    }
    return Choices(
      selection: selection, count: try entry.count("count") ?? (selection == .random ? 3 : 1),
      seed: UInt64(try entry.count("seed", atLeast: 0) ?? 1), lists: [])
  }

  private static func given(_ entry: PlanNode, most: Int) throws(BenchError) -> Choices {
    guard entry["selection"] == nil, entry["count"] == nil, entry["seed"] == nil else {
      throw .conflict(
        file: entry.file,
        reason: "\(entry.path) gives cases, so it takes no selection, count or seed.")
    }
    guard let node = entry["cases"] else { throw .missing(file: entry.file, key: "cases") }
    var lists: [[String]] = []
    let isNested = (node.sequence.map(Array.init) ?? []).contains { $0.sequence != nil }
    for list in isNested ? entry.elements(node) : [node] {
      let names = try entry.texts(list, "cases")
      guard names.count >= most else {
        throw .value(
          file: entry.file, key: entry.full("cases"), found: "a list of \(names.count)",
          expected: "\(most) cases, the largest number of exemplars")
      }
      lists.append(names)
    }
    return Choices(selection: nil, count: lists.count, seed: 0, lists: lists)
  }

  private static func syntheses(_ top: PlanNode) throws(BenchError) -> [Synthesis] {
    guard let node = top["synthesis"] else { return [.none] }
    return top.elements(node).map { element in
      if element.scalar?.string == "none" { return .none }
      guard var mapping = element.mapping else {
        let value = PlanNode.flow(element)
        return Synthesis(label: value, value: value)
      }
      let label = mapping["label"]?.string
      mapping["label"] = nil
      let value = PlanNode.flow(.mapping(mapping))
      return Synthesis(label: label ?? value, value: value)
    }
  }

  /// The budget of the plan, or of its first model.
  static func budget(_ top: PlanNode) throws(BenchError) -> Recipe.Budget {
    guard let node = top["budget"] else {
      throw .missing(file: top.file, key: top.full("budget"))
    }
    let budget = try PlanNode(
      node, file: top.file, path: top.full("budget"),
      keys: ["steps", "seconds", "processor_seconds"])
    let (steps, seconds) = (try budget.count("steps"), try budget.positive("seconds"))
    let processorSeconds = try budget.positive("processor_seconds")
    guard [steps != nil, seconds != nil, processorSeconds != nil].count(where: { $0 }) == 1 else {
      throw .conflict(
        file: top.file,
        reason:
          "budget has one of the keys steps, seconds and processor_seconds, the same for all methods."
      )
    }
    return Recipe.Budget(
      steps: steps, seconds: seconds, processorSeconds: processorSeconds)
  }

  /// Refuses names that cannot be told apart, methods nobody knows, and settings that are no recipe's.
  private func check() throws {
    let names = methods.map { BenchCell.slug($0.label) }
    if let twice = RecipeTree.duplicate(in: names) {
      throw BenchError.conflict(
        file: file,
        reason:
          "two methods are called \(twice) in the names of cells; give each a label of its own."
      )
    }
    if let twice = RecipeTree.duplicate(in: synthesis.map { BenchCell.slug($0.label) }) {
      throw BenchError.conflict(
        file: file, reason: "two syntheses are called \(twice); give each a label of its own.")
    }
    for (place, method) in methods.enumerated() {
      guard BenchMethod(method.name) != nil else {
        let nearest = RecipeTree.nearest(to: method.name, in: BenchMethod.names)
        throw BenchError.value(
          file: file, key: "methods.\(place).name", found: "\"\(method.name)\"",
          expected: "one of \(BenchMethod.names.joined(separator: ", "))"
            + (nearest.map { "; the nearest is \($0)" } ?? ""))
      }
      guard method.name != UnadaptedMethod.name || centres != nil else {
        throw BenchError.conflict(
          file: file,
          reason:
            "the method none is the first model of a plan with centres, and this one has none.")
      }
      guard case .learning? = BenchMethod(method.name) else { continue }
      for variant in synthesis {
        let recipe = try recipe(
          method, seed: seeds[0], exemplars: nil, synthesis: variant, out: "\(out)/cells")
        guard recipe.prompts == .none else {
          throw BenchError.conflict(
            file: file,
            reason: "the method \(method.label) needs prompts, which test cases do not come with.")
        }
      }
    }
  }
}
