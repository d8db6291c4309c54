import ArgumentParser
import Checkpoints
import Foundation
import Inference
import SegmentAnything
import Volumes

/// `graft predict`: the masks of an image from prompts.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Segments a volume or a folder with an adapter, or one image with prompts.",
    discussion: """
      One image and what to segment in it, places in pixels of the image as given:

        graft predict --weights sam_vit_b.pth cell.png --out mask.png --point 120,80 --box 90,40,200,160

      With --multimask there are several masks to choose from: mask-0.png, mask-1.png, … with the IoU that the model \
      expects of each.
      """)

  @Option(help: "The weights: .pth, .safetensors or .npz with the official names.")
  var weights: String
  @Argument(help: "An image (.png, or a NIfTI file of one slice).") var input: String
  @Option(help: "Where the mask is written (.png, .nii or .nii.gz).") var out: String
  @Option(help: "The side of the model's image; its own where none is given.")
  var imageSize: Int?
  @Option(help: "The heads of the decoder, where they are not 8 and the weights do not say.")
  var decoderHeads: Int?
  @OptionGroup(title: "Prompts") var prompts: PromptOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.apply()
    let prompt = try prompts.prompt()
    let model = try Sam(Checkpoint(contentsOf: weights), decoderHeads: decoderHeads)
    let prediction = try PromptedPrediction(model, size: imageSize)
    let image = try Volume.read(input).checkedFinite(input)
    for warning in image.source.warnings { console.tell(warning, event: "warning") }
    let answer = try prediction(image, prompt, multimask: prompts.multimask, name: input)
    if let logits = prompts.logits { try answer.writeLogits(to: logits) }
    let paths = try answer.writeMasks(to: out, of: image)
    for (index, path) in paths.enumerated() {
      let pixels = answer.mask(index).count { $0 != 0 }
      let quality = String(format: "%.4f", answer.iou[index])
      print("\(path): \(pixels) pixels, expected IoU \(quality)")
    }
  }
}

/// What is pointed at in an image, and what else is wanted of the answer.
struct PromptOptions: ParsableArguments {
  @Option(help: "A point x,y of the object, or x,y,0 of the background (repeatable).")
  var point: [PointArgument] = []
  @Option(help: "A box x0,y0,x1,y1 around the object.") var box: BoxArgument?
  @Option(help: "A rough mask of the image's size; pixels other than 0 are the object.")
  var mask: String?
  @Option(help: "The logits of a mask at the decoder's resolution (.npy).")
  var maskLogits: String?
  @Flag(help: "Give the masks of an ambiguous prompt to choose from.") var multimask = false
  @Option(help: "Write logits, expected IoU and embedding here (.h5).") var logits: String?

  func validate() throws {
    guard mask == nil || maskLogits == nil else {
      throw ValidationError("Give --mask or --mask-logits, not both.")
    }
  }

  /// Whether anything here was given.
  var isEmpty: Bool {
    point.isEmpty && box == nil && mask == nil && maskLogits == nil && !multimask && logits == nil
  }

  /// The prompt; its files are read.
  func prompt() throws -> PixelPrompt {
    var prompt = PixelPrompt(points: point.map(\.point), box: box?.box)
    if let mask { prompt.mask = try .picture(contentsOf: mask) }
    if let maskLogits { prompt.mask = try .logits(contentsOf: maskLogits) }
    return prompt
  }
}

/// `x,y` or `x,y,label`, the label being 0 or 1.
struct PointArgument: ExpressibleByArgument {
  let point: PixelPrompt.Point

  init?(argument: String) {
    guard let numbers = numbers(argument), (2...3).contains(numbers.count) else { return nil }
    let label = numbers.count == 3 ? numbers[2] : 1
    guard label == 0 || label == 1 else { return nil }
    point = PixelPrompt.Point(x: numbers[0], y: numbers[1], isForeground: label == 1)
  }
}

/// `x0,y0,x1,y1`.
struct BoxArgument: ExpressibleByArgument {
  let box: PixelPrompt.Box

  init?(argument: String) {
    guard let numbers = numbers(argument), numbers.count == 4 else { return nil }
    box = PixelPrompt.Box(x0: numbers[0], y0: numbers[1], x1: numbers[2], y1: numbers[3])
  }
}

/// The finite numbers between commas, or nil where there is anything else.
private func numbers(_ text: String) -> [Double]? {
  let parts = text.split(separator: ",", omittingEmptySubsequences: false)
  let numbers = parts.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
  return numbers.count == parts.count && numbers.allSatisfy(\.isFinite) ? numbers : nil
}
