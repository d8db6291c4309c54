import Adaptation
import Exemplars
import Foundation
import Inference
import Reports
import Training
import Volumes

extension Run {
  /// Reads a folder and, of a run, what its recipe and its pack tell of it.
  init(describing folder: String) throws {
    try self.init(folder: folder)
    guard let recipeText else { return }
    var provenance = Provenance()
    do {
      let recipe = try Recipe(yaml: recipeText, name: "\(folder)/recipe.yaml")
      provenance.describe(recipe)
      if let path = Run.pack(recipe.pack, of: folder) {
        try provenance.describe(
          Pack(path), recipe: recipe, digest: environment("pack_sha256"))
      } else {
        provenance.warnings.append(
          "The pack is no longer where the recipe says, so the exemplars are not shown.")
      }
    } catch {
      provenance.warnings.append("What the run learned from is not shown: \(error)")
    }
    self.provenance = provenance
  }

  /// The pack of a run: where its recipe says, seen from here, from the run's folder and from the folders above it.
  private static func pack(_ path: String, of folder: String) -> String? {
    let name = URL(fileURLWithPath: path).lastPathComponent
    var place = URL(fileURLWithPath: folder).standardizedFileURL
    var candidates = [path]
    for _ in 0..<3 {
      candidates += [path, name].map { place.appendingPathComponent($0).path }
      place.deleteLastPathComponent()
    }
    return candidates.first { FileManager.default.fileExists(atPath: $0) }
  }
}

extension Provenance {
  /// How many exemplars are drawn.
  private static let mostExemplars = 12

  /// What the recipe says in a few words.
  fileprivate mutating func describe(_ recipe: Recipe) {
    facts.append(("Method", recipe.method.rawValue))
    let side = recipe.image.size.map { "\($0) pixels, " } ?? ""
    let rule =
      switch recipe.image.normalise {
      case .packWindow: "window of the pack"
      case .rule(let rule): rule.description
      }
    facts.append(("Images", side + rule))
    if let steps = recipe.budget.steps {
      facts.append(("Steps", "\(steps), batch \(recipe.batch)"))
    }
    let rate = String(format: "%g", recipe.optimizer.rate)
    facts.append(("Learning rate", "\(rate), \(recipe.schedule.name.rawValue)"))
  }

  /// The split and the exemplars of the pack, which must be the one the run was made with.
  fileprivate mutating func describe(_ pack: Pack, recipe: Recipe, digest: String?) throws {
    if let digest, try pack.digest() != digest {
      warnings.append(
        "The pack has changed since the run, so its exemplars and its split are not shown.")
      return
    }
    let splits = Dictionary(grouping: pack.cases) { $0.split ?? "no split" }
    let words = splits.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
      .map { "\($0.key) \($0.value.count)" }
    facts.append(("Split (cases)", words.joined(separator: ", ")))
    let entries = try TrainingSet.cases(of: pack, exemplars: recipe.exemplars)
    let windows = Set(entries.map(\.window))
    if windows.count == 1, [.packWindow, .rule(.percentile)].contains(recipe.image.normalise) {
      intensities = windows.first.flatMap { $0 }
    }
    classes = pack.labels.classes.map(\.name)
    exemplars = try entries.prefix(Self.mostExemplars).map { entry in
      Exemplar(
        name: entry.id, image: try pack.image(entry.id), labels: try pack.classes(entry.id),
        classes: classes, window: entry.window, centre: entry.centre)
    }
    if entries.count > exemplars.count {
      facts.append(("Exemplars shown", "\(exemplars.count) of \(entries.count)"))
    }
  }
}
