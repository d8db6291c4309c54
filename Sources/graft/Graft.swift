import ArgumentParser

/// The command `graft`.
@main
struct Graft: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graft",
    abstract:
      "Adapts Segment Anything to a new medical segmentation task from a few labelled scans.")
}
