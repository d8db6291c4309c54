public import ArgumentParser
import Exemplars
import Foundation
import Training
public import Volumes

/// The command `graft unpack`: arguments in, calls out.
struct UnpackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpack",
    abstract: "Writes the scans and labels of a pack back as files that other programs read.",
    discussion: """
      Example: graft unpack scans.h5 --out scans --format nii.gz

      The folder gets images/, labels/ and a dataset.json with the names of labels and channels. Every file lies in the \
      grid, orientation and affine of the file the case was packed from, and keeps every value of the pack. As PNG a \
      volume becomes a folder of one picture a slice.
      """)

  @Argument(help: "The pack.") var pack: String
  @Option(help: "The folder to write; it must not be there, or be empty.") var out: String
  @Option(name: .customLong("case"), help: "A case to write (repeatable); all where none is named.")
  var cases: [String] = []
  @Option(help: "nii.gz, nii, nrrd, mha or png; else what each case was packed from.")
  var format: WrittenFormat?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    let files = FileManager.default
    guard files.fileExists(atPath: out) else { return }
    guard let names = try? files.contentsOfDirectory(atPath: out), names.isEmpty else {
      throw ValidationError("--out is \(out), which is there already and not empty. Name another.")
    }
  }

  func run() throws {
    let console = common.apply()
    let unpacking = try Unpacking(Pack(pack), cases: cases, format: format)
    for note in unpacking.notes { console.tell("note: \(note)", event: "note") }
    try unpacking.write(to: out, progress: console.pass("unpack", Interruption()))
    console.tell(
      "\(out): \(unpacking.cases.count) cases", event: "unpacked",
      ["folder": out, "cases": unpacking.cases.count])
  }
}

extension WrittenFormat: ExpressibleByArgument {}
