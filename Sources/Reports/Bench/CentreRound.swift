import Metrics

/// A comparison across centres at one number of exemplars: what adapting to a new centre brought there, and what it cost at
/// the old ones.
struct CentreRound: Sendable {
  /// The new centre.
  let new: String
  /// The old ones.
  let old: [String]
  /// The number of exemplars of the new centre.
  let exemplars: Int
  /// The methods.
  let arms: [Arm]

  /// A method's scores at the new centre and at the old ones.
  struct Arm: Sendable {
    let name: String
    /// How many numbers were trained.
    let trainedParameters: Int
    let new: Part
    let old: Part
    /// The mean Dice of each old centre by its name.
    let byCentre: [(name: String, dice: Double?)]
  }

  /// Cases and classes of some centres.
  struct Part: Sendable {
    /// The mean Dice.
    let dice: Double?
    /// What the adaptation added to the first model's Dice, the mean over cases and classes; nil without that model.
    let gain: Double?
    /// The p-value of the paired signed-rank test of that.
    let pValue: Double?
  }

  /// The rounds of cells that are about centres; `centres` tells each case's.
  static func rounds(_ cells: [BenchCellScores], centres: [String: String]) -> [CentreRound] {
    struct Key: Hashable {
      let new: String
      let exemplars: Int
    }
    let about = cells.filter { $0.centres != nil }
    let keys = unique(about.map { Key(new: $0.centres?.new ?? "", exemplars: $0.exemplars) })
    return keys.map { key in
      let own = about.filter { $0.centres?.new == key.new && $0.exemplars == key.exemplars }
      return CentreRound(
        key.new, own.first?.centres?.old ?? [], key.exemplars, own, centres: centres)
    }
  }

  private init(
    _ new: String, _ old: [String], _ exemplars: Int, _ cells: [BenchCellScores],
    centres: [String: String]
  ) {
    self.new = new
    self.old = old
    self.exemplars = exemplars
    let groups = unique(cells.map(\.method)).map { name in
      BenchGroup(arm: name, cells: cells.filter { $0.method == name })
    }
    let first = groups.first { $0.cells.contains(where: \.isUnadapted) }
    arms = groups.map { group in
      func part(_ wanted: [String]) -> Part {
        Part(of: group, against: first, from: wanted, centres: centres)
      }
      return Arm(
        name: group.arm, trainedParameters: group.trainedParameters, new: part([new]),
        old: part(old), byCentre: old.map { ($0, part([$0]).dice) })
    }
  }

  /// What the columns are.
  var header: [String] {
    ["method", "trained", "Dice, \(new)", "gain", "p", "Dice, old centres"]
      + (old.count > 1 ? old : []) + ["forgetting", "p"]
  }

  /// A method's row.
  func row(_ arm: Arm) -> [String] {
    let each = old.count > 1 ? arm.byCentre.map { decimals($0.dice, 3) } : []
    return [
      arm.name, grouped(arm.trainedParameters), decimals(arm.new.dice, 3), signed(arm.new.gain, 3),
      probability(arm.new.pValue), decimals(arm.old.dice, 3),
    ] + each + [signed(arm.old.gain.map { -$0 }, 3), probability(arm.old.pValue)]
  }

  /// The heading.
  var title: String {
    "\(new) is new, \(listed(old)) old, \(plural(exemplars, "exemplar"))"
  }

  /// What the numbers mean.
  static let explanation =
    "A first model learned from the old centres; each method adapted it to the new one, and is tested on both with what it "
    + "learned. Gain and forgetting are mean differences to that model case by case and class by class, forgetting "
    + "its loss at the old centres; p is of the paired signed-rank test, not corrected. A method that leaves the model's "
    + "weights alone gives the old model back where its adapter is left out."
}

extension CentreRound.Part {
  /// A method's scores of the cases of some centres, against the first model's.
  fileprivate init(
    of group: BenchGroup, against first: BenchGroup?, from wanted: [String],
    centres: [String: String]
  ) {
    func scores(_ group: BenchGroup) -> [Double?] {
      group.rows.filter { centres[$0.name].map(wanted.contains) ?? false }
        .sorted { ($0.name, $0.label.description) < ($1.name, $1.label.description) }
        .map { $0.scores[.dice] }
    }
    let own = scores(group)
    let isFirst = group.arm == first?.arm
    let before = isFirst ? nil : first.map(scores).flatMap { $0.count == own.count ? $0 : nil }
    let differences = before.map { before in
      zip(own, before).map { own, before in own.flatMap { own in before.map { own - $0 } } }
    }
    self.init(
      dice: Statistics(own).mean, gain: differences.flatMap { Statistics($0).mean },
      pValue: differences.flatMap { SignedRankTest($0).pValue })
  }
}
