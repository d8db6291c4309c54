import Archives
import Foundation
import Metrics
import Tensors
import Volumes

/// A case that the page shows slice by slice, with the masks of all predictions.
struct Exhibit {
  /// The case's slices.
  let stack: SliceStack
  /// The masks in the order of the stack's outlines: the reference first, each with the style of its line.
  let masks: [(name: String, style: Int)]
  /// What is missing, in sentences.
  let notes: [String]
  /// The median intensity of what the reference holds in the slice that is shown first; nil without image or reference.
  let intensity: Float?

  /// Reads a case's files, or says why it cannot be shown; `room` is in bytes of the page, and `withMostClasses` says
  /// which slice is shown first.
  static func of(
    _ name: String, in results: Results, room: Int, withMostClasses: Bool = false
  ) -> Result<Exhibit, ReportError> {
    do { return .success(try Exhibit(name, results, room, withMostClasses)) } catch {
      return .failure(error)
    }
  }

  private init(
    _ name: String, _ results: Results, _ room: Int, _ withMostClasses: Bool
  ) throws(ReportError) {
    func refuse(_ reason: String) -> ReportError { .incomparable(case: name, reason: reason) }
    let known = results.sources.compactMap { source in
      source.record?.cases.first { $0.name == name }
    }
    guard let files = known.first else { throw refuse("the evaluation kept no files of it") }
    if let change = files.reference.change() { throw refuse("the reference mask \(change)") }
    guard let reference = try? LabelVolume.read(files.reference.path).canonical else {
      throw refuse("the reference mask cannot be read")
    }
    var notes: [String] = []
    var volumes = [reference]
    var masks = [(name: "reference", style: 0)]
    for (index, source) in results.sources.enumerated() {
      switch Self.mask(of: name, source, on: reference, files.reference.sha256) {
      case .success(let mask):
        volumes.append(mask)
        masks.append((results.isComparison ? source.name : "prediction", index + 1))
      case .failure(let error):
        guard results.isComparison else { throw error }
        notes.append(error.description)
      }
    }
    let (image, note) = Self.image(files.image, on: reference)
    let stack = SliceStack(
      masks: volumes, image: image,
      classes: results.sources.compactMap { $0.record?.classes }.first, room: room,
      withMostClasses: withMostClasses)
    self.stack = stack
    self.masks = masks
    self.notes = notes + (note.map { [$0] } ?? [])
    intensity = image.flatMap { stack.intensity(within: reference, of: $0) }
  }

  /// The mask of a prediction, which must lie on the reference's grid and be compared with the same reference.
  private static func mask(
    of name: String, _ source: Results.Source, on reference: LabelVolume, _ digest: String
  ) -> Result<LabelVolume, ReportError> {
    func refused(_ reason: String) -> Result<LabelVolume, ReportError> {
      .failure(.incomparable(case: name, reason: reason))
    }
    guard let files = source.record?.cases.first(where: { $0.name == name }),
      let file = files.predictions.first(where: { $0.name == source.prediction })?.mask
        ?? (files.predictions.count == 1 ? files.predictions.first?.mask : nil)
    else { return refused("the mask of \(source.name) is not known") }
    guard files.reference.sha256 == digest else {
      return refused("\(source.name) was compared with another reference")
    }
    if let change = file.change() { return refused("the predicted mask \(change)") }
    guard let mask = try? LabelVolume.read(file.path).canonical,
      mask.geometry.extents == reference.geometry.extents
    else { return refused("the mask of \(source.name) cannot be read") }
    return .success(mask)
  }

  private static func image(
    _ file: EvaluationRecord.File?, on reference: LabelVolume
  ) -> (Volume?, note: String?) {
    guard let file else { return (nil, "The image is not known (graft evaluate --images).") }
    if let change = file.change() { return (nil, "The image \(change).") }
    guard let image = try? Volume.read(file.path).canonical else {
      return (nil, "The image cannot be read.")
    }
    guard image.geometry.difference(from: reference.geometry) == nil else {
      return (nil, "The image has another grid than the masks.")
    }
    return (image, nil)
  }
}

extension Exhibit {
  /// The slices as the script reads them.
  var data: HTML {
    func pair(_ range: ClosedRange<Float>) -> JSONText {
      .array([.number(Double(range.lowerBound)), .number(Double(range.upperBound))])
    }
    let slices = stack.slices.map { slice in
      JSONText.object(
        [
          ("number", .integer(slice.number)),
          (
            "paths",
            .object(
              zip(masks, slice.outlines).map { mask, paths in
                ("\(mask.style)", .array(paths.map { .string($0) }))
              })
          ),
        ] + (slice.picture.map { [("image", .string($0.base64EncodedString()))] } ?? []))
    }
    let text = JSONText.object([
      ("start", .integer(stack.start)), ("count", .integer(stack.count)),
      ("classes", .array(stack.classes.map { .string($0) })), ("range", pair(stack.range)),
      ("window", pair(stack.window)), ("slices", .array(slices)),
    ]).text
    return HTML(safe: text.replacingOccurrences(of: "<", with: "\\u003c"))
  }
}

extension SliceStack {
  /// The median intensity of what any label of a mask holds in the slice that is shown first.
  fileprivate func intensity(within mask: LabelVolume, of image: Volume) -> Float? {
    let cut = Plane.acquired.slices(of: mask.geometry)
    let index = slices[start].number - 1
    let (labels, values) = (cut.labels(index, of: mask.values), cut.image(index, of: image))
    let inside = labels.indices.filter { labels[$0] != 0 }.map { values[flat: $0] }
      .filter(\.isFinite).sorted()
    return inside.isEmpty ? nil : inside[inside.count / 2]
  }
}
