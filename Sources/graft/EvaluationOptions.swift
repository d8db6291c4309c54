public import ArgumentParser
import Exemplars
public import Metrics
import Reports

/// What `graft evaluate` measures.
struct MeasuringOptions: ParsableArguments {
  @Option(
    help: """
      A label map (YAML): names, and which values each merges; or a data set's scheme, as in btcv:organs8, or its \
      regions, as in brats:2021:regions.
      """)
  var labels: String?

  @Option(help: "The tolerances of NSD in mm, such as 1,2,5 (1 and 2 without it).")
  var tolerances: String?

  @Flag(
    help: "Also HD95 and NSD of surface elements weighed by area (DeepMind's surface-distance).")
  var surfaceElements = false

  @Option(
    help: """
      Also Dice and HD95 lesion by lesion, by the rules of a task of BraTS 2023 (spacing in mm); each lesion in \
      lesions.csv.
      """)
  var lesions: LesionTask?

  @Flag(help: "Also Dice of every slice as it was acquired, in slices.csv.")
  var perSlice = false

  /// Whether nothing of it was asked for.
  var isDefault: Bool {
    labels == nil && tolerances == nil && !surfaceElements && lesions == nil && !perSlice
  }

  /// What is computed under a policy.
  func scoring(policy: Policy) throws -> Scoring {
    if policy == .transunet {
      guard tolerances == nil, !surfaceElements, lesions == nil else {
        throw ValidationError(
          "The published tables' rule is in voxels; --tolerances, --surface-elements and --lesions do not go with it."
        )
      }
      return Scoring(convention: .transunet, perSlice: perSlice)
    }
    return Scoring(
      tolerances: try parsedTolerances(), surfaceElements: surfaceElements, lesions: lesions,
      perSlice: perSlice)
  }

  private func parsedTolerances() throws -> [Double] {
    guard let tolerances else { return Scoring.defaultTolerances }
    return try tolerances.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let value = Double(part.filter { !$0.isWhitespace }), value >= 0, value.isFinite
      else {
        throw ValidationError(
          "--tolerances is \(tolerances); expected numbers of mm with commas, such as 1,2,5.")
      }
      return value
    }
  }
}

/// How `graft evaluate` puts the scores together.
struct AggregationOptions: ParsableArguments {
  @Option(
    name: .customLong("policy"),
    help: """
      How undefined values count. strict: left out, with the count shown. penalise: where one mask is empty, a \
      distance is the image's diagonal in mm and NSD 0. transunet: the rule of TransUNet's published tables \
      (distances in voxels, Dice 1 for a false positive). brats2023: the challenge's, with 374 mm (needs --lesions).
      """)
  var policyGiven: Policy?

  @Option(help: "default, or transunet, which is the policy of that name.")
  var convention: Convention?

  @Option(help: "The centre of each case: a CSV file with the columns case and centre.")
  var centres: String?

  @Option(help: "A pack whose cases say their centres.")
  var pack: String?

  @Option(help: "The seed of the bootstrap's intervals.")
  var seed: UInt32?

  /// The policy, without one that of the convention; nil where neither is given.
  var policyIfGiven: Policy? {
    policyGiven ?? convention.map { $0 == .transunet ? .transunet : .strict }
  }

  /// The policy, strict where none is given.
  var policy: Policy { policyIfGiven ?? .strict }

  func validate() throws {
    if let convention, let policyGiven, policyGiven.convention != convention {
      throw ValidationError(
        "--convention \(convention.rawValue) and --policy \(policyGiven.rawValue) contradict each other."
      )
    }
    guard centres == nil || pack == nil else {
      throw ValidationError("Give the centres by --centres or by --pack, not both.")
    }
  }

  /// Whether the policy goes with what is measured.
  func validate(with scoring: Scoring) throws {
    guard policy != .brats2023 || scoring.lesions != nil else {
      throw ValidationError(
        "--policy brats2023 needs the task whose rules tell lesions apart: --lesions gli, ssa, ped, men or met."
      )
    }
  }

  /// The centres of the file or pack that is named; nil where none is.
  func knownCentres() throws -> [String: String]? {
    try centres.map { try CentreTable.read($0) } ?? pack.map { try packedCentres($0) }
  }

  /// An evaluation with what was asked for; what was not stays as it is.
  func applied(
    to evaluation: Evaluation, centres known: [String: String]?, _ console: Console
  ) throws -> Evaluation {
    var evaluation = evaluation
    if let policyIfGiven { evaluation = try evaluation.under(policyIfGiven) }
    if let seed { evaluation.seed = UInt64(seed) }
    guard let known, let source = centres ?? pack else { return evaluation }
    let cases = evaluation.cases
    let wanted = Set(cases)
    evaluation.centres = known.filter { wanted.contains($0.key) }
    let lacking = cases.filter { known[$0] == nil }
    guard lacking.count < cases.count else {
      throw ReportError.unplaced(path: source, example: lacking.first ?? "")
    }
    if !lacking.isEmpty {
      console.tell(
        "warning: \(source) has no centre for \(lacking.count) of \(cases.count) cases, such as "
          + "\(lacking[0]); they are in no centre's mean.", event: "warning")
    }
    return evaluation
  }

  private func packedCentres(_ path: String) throws -> [String: String] {
    let pairs = try Pack(path).cases.compactMap { entry in entry.centre.map { (entry.id, $0) } }
    return Dictionary(pairs) { first, _ in first }
  }
}

extension Convention: ExpressibleByArgument {}
extension Policy: ExpressibleByArgument {}
extension LesionTask: ExpressibleByArgument {}
