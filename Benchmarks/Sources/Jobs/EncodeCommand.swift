import ArgumentParser
import Autodiff
import Checkpoints
import SegmentAnything
import Tensors

/// `jobs encode`: an image through the encoder of ViT-B.
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode", abstract: "Encodes one image.")

  @OptionGroup var options: JobOptions
  @Option(help: "The side of the image in pixels.") var size = 1024

  func run() throws {
    try options.apply()
    let model = try Sam(Checkpoint(contentsOf: options.path("vitb.safetensors")))
    model.imageEncoder.compute(in: options.precision)
    let inputs = try Checkpoint(contentsOf: options.path("inputs-\(size).safetensors"))
    let image = try inputs.tensor("image").sliced(axis: 0, 0..<1).reshaped([3, size, size])
    var embedding = image
    let session = Session { [("embedding", embedding)] }
    while let start = try session.next() {
      embedding = model.imageEncoder(image).value
      session.report(since: start)
    }
  }
}
