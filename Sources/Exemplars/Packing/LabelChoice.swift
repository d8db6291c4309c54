import Failures
import Volumes

/// The classes the labels of a data set are packed as, and why.
struct LabelChoice {
  let map: LabelMap
  /// Whether the classes were declared, not made of the values found.
  private(set) var isDeclared = true
  private(set) var notes: [String] = []
  private(set) var errors: [Finding] = []

  /// The map given; else the one scheme that gives every value found a meaning; else the data set's own classes; else
  /// one a value.
  ///
  /// Where several schemes remain nothing is guessed: the report gets an error that lists them.
  init(
    given: LabelMap?, dataset: Descriptor, _ listing: DatasetListing, _ cases: [CaseCheck]
  ) throws {
    let found = Set(cases.flatMap(\.foreground.keys))
    if let map = given {
      self.map = map
      return
    }
    guard listing.schemes.isEmpty else {
      let fitting = listing.schemes.filter { $0.explains(found) }
      let one = listing.schemes.count == 1 ? listing.schemes[0] : fitting.first
      if let one, listing.schemes.count == 1 || fitting.count == 1 {
        map = one.classes
        let reason = listing.schemes.count > 1 ? ", the only one that explains every value" : ""
        notes.append("The labels follow the scheme `\(one.name)`\(reason).")
      } else {
        map = LabelMap(each: found.sorted().prefix(255))
        isDeclared = false
        guard !cases.isEmpty else { return }
        let failure = Self.undecided(fitting, dataset, listing.schemes, found)
        errors.append(Finding(failure, cases: [], files: []))
      }
      return
    }
    if let map = listing.labels {
      self.map = map
      return
    }
    guard found.count < 256 else {
      throw ExemplarError.option(
        "The labels have \(found.count) different values; merge them into classes with --labels.")
    }
    isDeclared = false
    let isPicture = listing.cases.allSatisfy { $0.form == .picture }
    map =
      isPicture && found == [1]
      ? LabelMap([.init(name: "foreground", values: [1])]) : LabelMap(each: found)
  }

  private static func undecided(
    _ fitting: [LabelScheme], _ dataset: Descriptor, _ schemes: [LabelScheme], _ found: Set<Int32>
  ) -> ExemplarError {
    let values = found.sorted().map { "\($0)" }.joined(separator: ", ")
    let choices = schemes.map { scheme in
      "\n  --labels \(scheme.name): \(scheme.classes.summary)"
        + (scheme.about.map { " (\($0))" } ?? "")
    }
    let reason =
      fitting.isEmpty
      ? "no label scheme of \(dataset.name) explains the values \(values)"
      : "the values \(values) do not tell which label scheme of \(dataset.name) the files follow"
    return .option("\(reason); say which with one of" + choices.joined())
  }
}

extension Descriptor {
  /// What the user of a described data set should know, in sentences.
  var notes: [String] {
    let terms = [title, licence.map { "licence: \($0)" }].compactMap { $0 }
    let options = evaluation.map { $0.options.isEmpty ? "" : "Options: \($0.options)" } ?? ""
    let usage = [evaluation?.about ?? "", options].filter { !$0.isEmpty }
    return (terms.isEmpty ? [] : [terms.joined(separator: "; ") + "."])
      + (usage.isEmpty ? [] : ["Protocol: \(usage.joined(separator: " "))"])
  }
}
