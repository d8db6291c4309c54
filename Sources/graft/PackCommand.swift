import Archives
import ArgumentParser
import Exemplars
import Foundation
import Training
import Volumes

/// The command `graft pack`: arguments in, calls out.
struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Checks the scans of a data set with their labels and packs them into one file.",
    discussion: """
      Example: graft pack --dataset nifti Task04_Hippocampus --out hippocampus.h5 --split train=5,test=-20

      A data set is a descriptor of your own, such as my.yaml, one that comes with graft by its name \
      (brats, btcv, hecktor, transunet, acdc and others: Datasets/README.md lists them and says how to write one), \
      or one of the kinds
        nifti      folders images/ and labels/, or imagesTr/ and labelsTr/ with the dataset.json of nnU-Net or \
      the Decathlon; the files may be NRRD (.nrrd, .nhdr) and MetaImage (.mha, .mhd) as well
        dicom      a series in each images/CASE/ (or a file of several frames, images/CASE.dcm), its labels in \
      labels/CASE.nii.gz (or .nrrd, .mha, a DICOM segmentation .dcm), in the series' voxels whichever way their axes run; \
      or labels/CASE/ with a mask for each class, named as its class
        png        folders images/ and masks/ (or labels/). Without --labels every mask pixel that is neither black \
      nor transparent is foreground, and a palette's indices are classes; with --labels gray values and indices are \
      looked up in the map

      Images and labels are matched by name. The check report goes to standard output: a summary, a line a case, then \
      warnings, which stop nothing, and errors, with which nothing is written and the exit code is 3. Image and label \
      must have one shape and one affine within 0.001 mm. With --json the report is one object: version, sound, classes, \
      splits, centres, cases [{id, shape, spacing, orientation, channels, labels, …}], warnings and errors [{check, \
      cases, files, message}].
      """)

  @Option(help: "The data set: a descriptor's name or path (.yaml), or a kind such as nifti.")
  var dataset: String

  @Argument(help: "The folders to pack.")
  var input: [String]

  @Option(help: "The pack to write.")
  var out: String?

  @Option(
    help: """
      A label scheme of the data set by name, or a YAML map of class names to label values; several values merge, as \
      in `whole: [1, 2, 4]`.
      """)
  var labels: String?

  @Option(
    help: """
      Which cases go where: train=a,b,test=c by name (or a part of one case's name), or train=5,test=-20 for the \
      first 5 and the last 20 in the order of their names.
      """)
  var split: String?

  @Option(
    parsing: .unconditional,
    help:
      "The intensities that matter, such as -125,275; kept as a hint, the voxels stay as they are.")
  var window: String?

  @Option(help: "The channels to keep, in their new order, by name or number: flair,t1c.")
  var channels: String?

  @Flag(help: "Only check; write nothing.")
  var check = false

  @Flag(help: "Print the report as JSON.")
  var json = false

  @Flag(help: "Name the cases, say what checking and packing them would take, and stop.")
  var dryRun = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard check || dryRun || out != nil else {
      throw ValidationError(
        "--out names the pack to write; it is missing (or give --check or --dry-run).")
    }
    _ = try intensities()
    if !check, let out { try checkReplaceable(pack: out) }
  }

  func run() throws {
    let console = common.apply()
    let descriptor = try Descriptor.named(dataset)
    let packing = Packing(
      dataset: descriptor, folders: input, labels: try labelMap(descriptor),
      split: try split.map { try SplitRule(parsing: $0) }, window: try intensities(),
      channels: channels?.split(separator: ",").map(String.init))
    guard !dryRun else { return try estimate(packing, console) }
    let interruption = Interruption()
    let report = try packing.check(progress: console.pass("check", interruption))
    print(json ? try report.json() : report.text)
    let others = report.errors.count - 1
    guard others < 1 else {
      throw ExemplarError.refused([
        report.errors[0].message,
        "\(others == 1 ? "1 more error is" : "\(others) more errors are") in the report; nothing was packed.",
      ])
    }
    try report.requireSound()
    guard !check, let out else { return }
    try packing.write(report, to: out, progress: console.pass("pack", interruption))
    console.tell(
      "\(out): \(report.cases.count) cases, SHA-256 \(try Pack(out).digest())", event: "packed",
      ["pack": out, "cases": report.cases.count])
  }

  /// Names the cases and tells what packing them is going to take.
  private func estimate(_ packing: Packing, _ console: Console) throws {
    let estimate = try packing.estimate()
    estimate.cases.forEach { print($0) }
    console.tell(
      estimate: [("checking", estimate.checkSeconds), ("packing", estimate.packSeconds)]
        .filter { !check || $0.0 == "checking" },
      memory: ProcessMemory.peak, disk: check ? 0 : estimate.packBytes)
  }

  private func labelMap(_ descriptor: Descriptor) throws -> LabelMap? {
    try labels.map { try descriptor.labelMap($0).checkedDisjoint($0) }
  }

  private func intensities() throws -> ClosedRange<Float>? {
    guard let window else { return nil }
    let numbers = window.split(separator: ",").map { Float($0) }
    guard numbers.count == 2, let low = numbers[0], let high = numbers[1], low < high else {
      throw ValidationError("--window is \(window); expected two numbers such as -125,275.")
    }
    return low...high
  }
}
