import Adaptation
import ArgumentParser
import Baselines
import Checkpoints
import Exemplars
import Foundation
import Inference
import SegmentAnything
import Tensors
import Volumes

/// `graft predict`: the masks of volumes from an adapter, or of one image from prompts.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Segments a volume or a folder with an adapter, or one image with prompts.",
    discussion: """
      Volumes, in their own grid, without prompts:

        graft predict --weights sam_vit_b.pth --adapter run/adapter.safetensors scans --out masks --keep-largest

      The same by a task of graft task, without training:

        graft predict --weights sam_vit_b.pth --task spleen.task scans --out masks

      One image and what to segment in it, places in pixels of the image as given:

        graft predict --weights sam_vit_b.pth cell.png --out mask.png --point 120,80 --box 90,40,200,160

      In the same way a user can show a task of graft task what it misses:

        graft predict --task spleen.task slice.png --out mask.png --point 120,80 --class spleen

      With --multimask there are several masks to choose from: mask-0.png, mask-1.png, … with the IoU that the model \
      expects of each.
      """)

  @Argument(
    help:
      """
      A volume or picture (.nii, .nii.gz, .nrrd, .nhdr, .mha, .mhd, .png), the folder of a DICOM series (FOLDER#2: the \
      second of several, as graft inspect lists them), a folder of such or of BraTS cases, or a pack (.h5).
      """
  )
  var input: String
  @Option(
    help: "The mask's file (.nii.gz, .nii, .nrrd, .mha, .png); for a folder or a pack, a folder.")
  var out: String
  @Option(
    help: """
      For a folder or a pack, the format of the masks: nii.gz, nii, nrrd, mha or png (of a volume a folder of one PNG a \
      slice, without its geometry); else that of each image.
      """)
  var format: WrittenFormat?
  @Option(help: "The weights: .pth, .safetensors or .npz; the bundled ones where none are named.")
  var weights: String?
  @Option(help: "What graft tune learned on these weights.") var adapter: String?
  @Option(help: "A task of graft task on these weights, in place of an adapter.") var task: String?
  @Option(help: "Of a pack, the split to predict; else test, or all cases where there is none.")
  var split: String?
  @Option(
    help: """
      The data set whose descriptor says which files of a folder are the cases' images (hecktor, my.yaml), so that they \
      get the channels and the grid of its pack.
      """)
  var dataset: String?
  @Option(help: "With --dataset: the channels, in their order, where a pack got others: flair,t1c.")
  var channels: String?
  @Flag(help: "Keep each class's largest connected component only.") var keepLargest = false
  @Option(help: "The side of the model's image; its own where none is given.")
  var imageSize: Int?
  @Option(help: "The encoder's number format: bf16 is faster where the processor has it.")
  var precision = Precision.f32
  @Option(help: "The heads of the decoder, where they are not 8 and the weights do not say.")
  var decoderHeads: Int?
  @Flag(
    help: """
      Say in confidence.json beside the masks how sure each is, from 0 to 1, and which cases are worth a look.
      """)
  var confidence = false
  @Flag(
    help: """
      With --confidence: also say how well each mask agrees with that of the mirrored image. Takes twice the time, and \
      tells something of adaptations that were trained on mirrored images only.
      """)
  var flipAgreement = false
  @Flag(help: "Leave the masks that are there already, and do the rest.") var resume = false
  @Flag(help: "Say what would be predicted, and stop.") var dryRun = false
  @OptionGroup(title: "Prompts") var prompts: PromptOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard channels == nil || dataset != nil else {
      throw ValidationError("--channels needs --dataset.")
    }
    guard adapter == nil || task == nil else {
      throw ValidationError("Give --adapter or --task, not both.")
    }
    if task != nil { try checkTask() }
    guard
      adapter != nil || task != nil
        || (!keepLargest && split == nil && format == nil && !resume && dataset == nil)
    else {
      throw ValidationError(
        "--keep-largest, --split, --format, --resume and --dataset need an --adapter or a --task.")
    }
    guard task != nil || prompts.className == nil else {
      throw ValidationError("--class names a class of a --task.")
    }
    guard confidence || !flipAgreement else {
      throw ValidationError("--flip-agreement needs --confidence.")
    }
    guard task == nil, adapter == nil || !prompts.isEmpty else { return }
    guard isMask(out) else {
      throw ValidationError("--out is \(out); \(Self.maskNames).")
    }
    guard !isSameFile(input, out) else {
      throw ValidationError("\(input) would be written over with its own mask. Give another --out.")
    }
  }

  private func isMask(_ path: String) -> Bool {
    WrittenFormat(path: path) != nil
  }

  private static let maskNames =
    "the mask's name must end in one of \(WrittenFormat.endings)"

  func run() throws {
    let console = common.apply()
    if let task { return try predict(try prediction(byTask: task, console), console) }
    guard let path = adapter else {
      let model = try Sam(base(), decoderHeads: decoderHeads)
      model.imageEncoder.compute(in: precision)
      tellPrecision(model.imageEncoder.precision, console)
      return try answer(PromptedPrediction(model, size: imageSize), console)
    }
    let adapter = try Adapter(contentsOf: path)
    guard prompts.isEmpty else { return try answer(adapter, name: path, console) }
    let network = try adapter.segmenter(
      on: adapter.plan.method.needsWeights ? base() : nil, imageSize: imageSize ?? 0,
      decoderHeads: decoderHeads, name: path)
    network.compute(in: precision, forTraining: false)
    if adapter.plan.method.needsWeights { tellPrecision(network.precision, console) }
    let prediction = try VolumePrediction(
      adapter, model: network, name: path, keepsLargest: keepLargest, imageSize: imageSize)
    try predict(prediction, console)
  }

  /// The base weights.
  func base() throws -> Checkpoint {
    try Checkpoint(contentsOf: weights ?? BundledWeights.path()).withOfficialNames()
  }

  /// Answers the prompts by an adapter that was trained to.
  private func answer(_ adapter: Adapter, name path: String, _ console: Console) throws {
    guard !adapter.plan.answersForClasses else {
      throw InferenceError.needsNoPrompts(adapter: path)
    }
    let model = try adapter.model(on: base(), decoderHeads: decoderHeads, name: path)
    model.compute(in: precision, forTraining: false)
    tellPrecision(model.precision, console)
    let preparation = try ImagePreparation(
      of: adapter, name: path, size: imageSize, patch: model.patch)
    try answer(PromptedPrediction(model.model, preparation: preparation), console)
  }

  /// Says so where the processor does not have the number format.
  func tellPrecision(_ found: Precision, _ console: Console) {
    guard found != precision else { return }
    console.tell(
      "This processor has no products in \(precision); the encoder runs in \(found).",
      event: "precision", ["precision": found.rawValue])
  }

  /// Predicts every case and writes its labels beside the others.
  private func predict(_ prediction: VolumePrediction, _ console: Console) throws {
    let cases = try PredictionCase.found(
      at: input, split: split, dataset: try dataset.map { try Descriptor.named($0) },
      channels: channels?.split(separator: ",").map(String.init))
    for one in cases { try check(target: one.target(out, format: format), of: one) }
    if format == .png { console.tell("note: \(WrittenFormat.pictureNote)", event: "note") }
    let predictions = CasePredictions(
      prediction: prediction, cases: cases, out: out, format: format, judgement: judgement,
      console: console)
    guard dryRun else { return try predictions.run(resumes: resume) }
    cases.forEach { print($0.target(out, format: format)) }
    try predictions.estimate()
  }

  private var judgement: CasePredictions.Judgement {
    confidence ? flipAgreement ? .mirrored : .plain : .none
  }

  /// Refuses a target that is no mask's name, or the image itself.
  private func check(target: String, of one: PredictionCase) throws {
    guard let written = WrittenFormat(path: target) else {
      throw InferenceError.target(target, reason: Self.maskNames)
    }
    guard format == nil || written == format else {
      throw InferenceError.target(target, reason: "--format asks for \(format?.ending ?? "")")
    }
    guard !one.files.contains(where: { isSameFile($0, target) }) else {
      throw InferenceError.target(
        target, reason: "it is the image itself, which its mask would replace")
    }
  }

  /// Answers the prompts about one image.
  private func answer(_ prediction: PromptedPrediction, _ console: Console) throws {
    let prompt = try prompts.prompt()
    let image = try Volume.read(input).checkedFinite(input)
    for warning in image.source.warnings {
      console.tell("warning: \(warning)", event: "warning")
    }
    if dryRun { return print(out) }
    let answer = try prediction(image, prompt, multimask: prompts.multimask, name: input)
    if let logits = prompts.logits { try answer.writeLogits(to: logits) }
    let paths = try answer.writeMasks(to: out, of: image)
    for (index, path) in paths.enumerated() {
      let pixels = answer.mask(index).count { $0 != 0 }
      let quality = String(format: "%.4f", answer.iou[index])
      print("\(path): \(pixels) pixels, expected IoU \(quality)")
    }
    guard confidence else { return }
    let rows = try prediction.confidence(
      in: answer, about: image, prompt, multimask: prompts.multimask, mirrored: flipAgreement,
      names: paths.map(ConfidenceReport.caseName), name: input)
    let folder = URL(fileURLWithPath: out).deletingLastPathComponent().path
    let report = ConfidenceReport(rows, after: try ConfidenceReport(inFolder: folder))
    try report.write(toFolder: folder)
    console.tell(report.sentence, event: "confidence", ["flagged": report.flagged])
  }
}
