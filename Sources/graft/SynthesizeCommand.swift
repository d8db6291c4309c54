import Archives
import ArgumentParser
import Exemplars
import Foundation
import Training
import Volumes

/// The command `graft synthesize`: arguments in, calls out.
struct SynthesizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthesize",
    abstract: "Makes new annotated cases from the training cases of a pack.",
    discussion: """
      Example: graft synthesize --pack scans.h5 --out more.h5 --count 20 --sheet more.png

      The new pack holds the training cases (the split train, or all where no case has a split) and the new ones, named \
      CASE_synth001 and on, all in the split train. A new case has the grid of the exemplar it was made of, values in the \
      exemplar's range, and only labels the exemplar has. The kinds that change shapes take turns:
        deform     a smooth invertible deformation of image and label; a pixel moves by at most a tenth of the shorter side
        morph      part of the way to another exemplar, by registration; needs two exemplars that are alike
        structure  structures turned, scaled and shifted within the body; the hole is filled, the seam blended
        intensity  contrast of the structures, gamma, bias field, resolution, blur and noise, in every case
      What folds the image or loses a structure is drawn again; the table says how often and why. It goes to standard output, a \
      line for each new case: its name, its kinds, what it was morphed with, and refused draws.

      The same seed gives the same cases for any number of threads. A recipe's key synthesis, as in \
      `graft tune --set synthesis.kinds=[deform,intensity]`, makes new slices while it trains, without a new pack.
      """)

  @Option(help: "The pack of labelled scans.") var pack: String
  @Option(help: "The pack to write.") var out: String
  @Option(help: "The number of new cases.") var count = 10
  @Option(help: "What is done to make one, divided by commas.")
  var kinds = Synthesis.Kind.allCases.map(\.rawValue).joined(separator: ",")
  @Option(help: "What all random numbers come from.") var seed: UInt64 = 1234
  @Option(
    help: "A picture to look at (.png): each exemplar beside what became of it, labels outlined.")
  var sheet: String?
  @Flag(help: "Say what would be made and what it would take, and stop.") var dryRun = false
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...100_000).contains(count) else {
      throw ValidationError("--count is \(count); expected 1 to 100000.")
    }
    _ = try chosenKinds()
    if let sheet, !sheet.lowercased().hasSuffix(".png") {
      throw ValidationError("--sheet is \(sheet); expected the path of a .png file.")
    }
    guard !isSameFile(pack, out) else {
      throw ValidationError("--out is the pack itself, \(pack). Name another.")
    }
    try checkReplaceable(pack: out)
  }

  private func chosenKinds() throws -> [Synthesis.Kind] {
    let known = Synthesis.Kind.allCases.map(\.rawValue).joined(separator: ", ")
    let words = kinds.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    guard !words.isEmpty else {
      throw ValidationError("--kinds is empty; expected some of \(known).")
    }
    return try words.map { word in
      guard let kind = Synthesis.Kind(rawValue: word) else {
        throw ValidationError("--kinds has \(word); expected some of \(known).")
      }
      return kind
    }
  }

  func run() throws {
    let console = common.apply()
    let synthesis = try PackSynthesis(
      Pack(pack), kinds: chosenKinds(), count: count, seed: seed)
    for note in synthesis.notes { console.tell("note: \(note)", event: "note") }
    guard !dryRun else { return try estimate(synthesis, console) }
    let (made, picture) = try synthesis.write(
      to: out, progress: console.pass("synthesize", Interruption()))
    if let sheet { try AtomicFile.write(picture.png, to: sheet) }
    var tally = SynthesisTally()
    for item in made {
      print(line(item))
      tally.add(item.refusals, missed: item.missed)
    }
    let written = made.count { !$0.origin.kinds.isEmpty }
    console.tell(
      "\(out): \(synthesis.exemplars.count) exemplars, \(written) new cases. \(tally.sentence)",
      event: "synthesised",
      [
        "pack": out, "exemplars": synthesis.exemplars.count, "cases": written,
        "drawn_again": tally.drawnAgain, "simpler": tally.simpler,
      ])
  }

  /// Names the exemplars and tells what the synthesis is going to take.
  private func estimate(_ synthesis: PackSynthesis, _ console: Console) throws {
    synthesis.exemplars.forEach { print($0.id) }
    let seconds = try synthesis.trial() * Double(count)
    console.tell(
      estimate: [("synthesis", seconds)], memory: ProcessMemory.peak, disk: synthesis.bytes)
  }

  /// What was made, in a line.
  private func line(_ made: PackSynthesis.Made) -> String {
    let origin = made.origin
    let kinds = origin.kinds.map(\.rawValue).joined(separator: "+")
    var parts = [made.id, kinds.isEmpty ? "not made" : kinds]
    if let partner = origin.partner { parts.append("with \(partner)") }
    let refused = Refusal.allCases.filter { made.refusals[$0] != nil }
      .map { "\($0.words) \(made.refusals[$0] ?? 0)" }
    if !refused.isEmpty { parts.append("refused: \(refused.joined(separator: ", "))") }
    if let missed = made.missed { parts.append("instead of \(missed.rawValue)") }
    return parts.joined(separator: "  ")
  }
}
