import Archives
import ArgumentParser
import Exemplars
import Foundation
import Volumes

/// The command `graft pack`: arguments in, calls out.
struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Checks the scans of a data set with their labels and packs them into one file.",
    discussion: """
      Example: graft pack --dataset nifti Task04_Hippocampus --out hippocampus.h5 --split train=5,test=-20

      Kinds of data set:
        nifti      folders images/ and labels/, or imagesTr/ and labelsTr/ with the dataset.json of nnU-Net or \
      the Decathlon; the files may be NRRD (.nrrd, .nhdr) and MetaImage (.mha, .mhd) as well
        brats      a folder a case, modalities as channels; names of 2018 to 2021, of 2023 and later, or of 2013
        transunet  train_npz/, test_vol_h5/ and lists; slices go into the split train, volumes into test
        dicom      a series in each images/CASE/ (or a file of several frames, images/CASE.dcm), its labels in \
      labels/CASE.nii.gz (or .nrrd, .mha, a DICOM segmentation .dcm), in the series' voxels whichever way their axes run; \
      or labels/CASE/ with a mask for each class, named as its class
        png        folders images/ and masks/ (or labels/). Without --labels every mask pixel that is neither black \
      nor transparent is foreground, and a palette's indices are classes; with --labels gray values and indices are \
      looked up in the map

      Images and labels are matched by name. The check report goes to standard output; nothing is written when it \
      holds an error.
      """)

  @Option(help: "The kind of data set: \(Self.kinds).", transform: Self.kind)
  var dataset: DatasetKind

  @Argument(help: "The folders to pack.")
  var input: [String]

  @Option(help: "The pack to write.")
  var out: String?

  @Option(
    help:
      "A YAML map of class names to label values; several values merge, as in `whole: [1, 2, 4]`.")
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

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard check || out != nil else {
      throw ValidationError("--out names the pack to write; it is missing (or give --check).")
    }
    _ = try intensities()
    if !check, let out { try checkReplaceable(out) }
  }

  /// Refuses to write over anything but a pack, so that a slip costs nobody a scan.
  private func checkReplaceable(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    let start = (try? Data(mapping: path))?.prefix(4)
    guard start != Data([0x89, 0x48, 0x44, 0x46]), start?.isEmpty != true else { return }
    throw ValidationError("--out is \(path), which is there already and is no pack. Name another.")
  }

  func run() throws {
    let console = common.apply()
    let packing = Packing(
      kind: dataset, folders: input, labels: try labelMap(),
      split: try split.map { try SplitRule(parsing: $0) }, window: try intensities(),
      channels: channels?.split(separator: ",").map(String.init))
    let report = try packing.check { done, all, id in
      console.progress("checking \(id) (\(done + 1) of \(all))", event: "check", ["case": id])
    }
    console.endProgress()
    print(json ? try report.json() : report.text)
    try report.requireSound()
    guard !check, let out else { return }
    try packing.write(report, to: out) { done, all, id in
      console.progress("packing \(id) (\(done + 1) of \(all))", event: "pack", ["case": id])
    }
    console.endProgress()
    console.tell(
      "\(out): \(report.cases.count) cases, SHA-256 \(try Pack(out).digest())", event: "packed",
      ["pack": out, "cases": report.cases.count])
  }

  private static let kinds = DatasetKind.allCases.map(\.rawValue).joined(separator: ", ")

  private static func kind(_ name: String) throws -> DatasetKind {
    guard let kind = DatasetKind(rawValue: name) else {
      throw ValidationError("the kind \(name) is not known; expected one of \(kinds).")
    }
    return kind
  }

  private func labelMap() throws -> LabelMap? {
    try labels.map { try LabelMap.read($0).checkedDisjoint($0) }
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
