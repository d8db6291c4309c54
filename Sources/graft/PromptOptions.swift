import Adaptation
import ArgumentParser
import Foundation
import Inference
import Volumes

/// What is pointed at in an image, and what else is wanted of the answer.
struct PromptOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: "A point x,y of the object, or x,y,0 of the background (repeatable).")
  var point: [PointArgument] = []
  @Option(parsing: .unconditional, help: "A box x0,y0,x1,y1 around the object.") var box:
    BoxArgument?
  @Option(
    help: """
      A rough mask of the image's size; pixels other than 0 are the object. With --task a scribble: it marks some of the \
      object, for a volume in some of its slices.
      """)
  var mask: String?
  @Option(
    name: .customLong("class"),
    help: "With --task: the class that points, box and mask show, where the task has several.")
  var className: String?
  @Option(help: "The logits of a mask at the decoder's resolution (.npy).")
  var maskLogits: String?
  @Flag(help: "Give the masks of an ambiguous prompt to choose from.") var multimask = false
  @Option(help: "Write logits, expected IoU and embedding here (.h5).") var logits: String?

  func validate() throws {
    guard mask == nil || maskLogits == nil else {
      throw ValidationError("Give --mask or --mask-logits, not both.")
    }
    guard className == nil || !point.isEmpty || box != nil || mask != nil else {
      throw ValidationError("--class says what --point, --box or --mask show; give one of them.")
    }
  }

  /// Whether anything here was given.
  var isEmpty: Bool {
    point.isEmpty && box == nil && mask == nil && maskLogits == nil && !multimask && logits == nil
  }

  /// The points and the box.
  var places: PixelPrompt { PixelPrompt(points: point.map(\.point), box: box?.box) }

  /// The prompt; its files are read.
  func prompt() throws -> PixelPrompt {
    var prompt = places
    if let mask { prompt.mask = try .picture(contentsOf: mask) }
    if let maskLogits { prompt.mask = try .logits(contentsOf: maskLogits) }
    return prompt
  }

  /// The mask as a scribble on an image, for a task.
  func scribble(on image: Volume, task: String) throws -> LabelVolume? {
    guard let mask else { return nil }
    let scribble = try LabelVolume.read(mask, on: image.geometry)
    let isPicture = scribble.geometry.unit != image.geometry.unit
    if !isPicture, let difference = scribble.geometry.difference(from: image.geometry) {
      throw ExampleSetError.prompts(
        task: task, reason: "the grid of \(mask) differs from the image's: \(difference)")
    }
    return scribble
  }

  /// The number, from 1, of the class that is shown, among a task's.
  func shownClass(of names: [String], task: String) throws(ExampleSetError) -> Int {
    guard let className else {
      if names.count == 1 { return 1 }
      throw .prompts(
        task: task,
        reason:
          "it has the classes \(names.joined(separator: ", ")); say with --class which is shown")
    }
    guard let index = names.firstIndex(of: className) else {
      throw .prompts(
        task: task,
        reason: "it has no class \(className), only \(names.joined(separator: ", "))")
    }
    return index + 1
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
