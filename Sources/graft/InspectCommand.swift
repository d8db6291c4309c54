import ArgumentParser
import Failures
import Foundation

/// The command `graft inspect`.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Says what a volume, DICOM folder, picture, pack, checkpoint, adapter or run is.",
    discussion: """
      Example: graft inspect scan.nii.gz --json

      Of a folder with DICOM files it lists the series; FOLDER#2 is the second of them.

      Files are told apart by their content, not by their name. A checkpoint's configuration is read off its \
      tensors' shapes.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "The file, or the folder of a run or of DICOM files.", completion: .file())
  var file: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let console = common.apply()
    let inspection = try Inspection(of: file)
    for warning in inspection.warnings {
      console.tell("warning: \(warning)", event: "warning", ["file": file])
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let text = try encoder.encode(Fact.facts(inspection.facts))
      print(String(decoding: text, as: UTF8.self))
    } else {
      for fact in inspection.facts where fact.name != "warnings" {
        let name = fact.name.replacingOccurrences(of: "_", with: " ")
        for line in fact.value.lines(named: name) { print(line) }
      }
    }
  }
}

/// Why a file cannot be inspected.
enum InspectError: Failure, Equatable {
  /// The file is nothing graft knows.
  case unknown(path: String)
  /// There is no such file.
  case missing(path: String)

  var kind: FailureKind { .badInput }

  var description: String {
    switch self {
    case .unknown(let path):
      "\(path) is none of what graft knows: a volume (NIfTI, NRRD, MetaImage, DICOM), a PNG picture, a pack or other HDF5 file, a "
        + "checkpoint or adapter (.pth, .safetensors, .npz), or the folder of a run."
    case .missing(let path): "\(path): there is no such file."
    }
  }
}
