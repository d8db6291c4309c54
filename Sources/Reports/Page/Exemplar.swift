import Tensors
public import Volumes

/// A picture of a case a run learned from: the slice with the largest labelled area, its classes outlined.
public struct Exemplar: Sendable {
  /// The drawing with its words.
  let figure: HTML

  /// Draws a canonical image with its canonical classes (1 is the first of `classes`, 0 the background), on one grid.
  ///
  /// What is shown are the intensities of `window`, else those from the 0.5th to the 99.5th percentile around the classes.
  public init(
    name: String, image: Volume, labels: LabelVolume, classes: [String],
    window: ClosedRange<Float>? = nil, centre: String? = nil
  ) {
    let cut = Plane.acquired.slices(of: labels.geometry)
    let every = Members(classes.indices.map { Int32($0 + 1) })
    let contents = SliceContents.all(of: labels, cut, members: every)
    let index = SliceContents.largest([contents]) ?? cut.count / 2
    let filled = contents.count { $0.area > 0 }
    let frame = Frame(
      around: SliceContents.bounds([contents[index]]), height: cut.height, width: cut.width,
      spacing: cut.spacing)
    let channels = image.geometry.unit == .pixel && image.channels >= 3 ? 3 : 1
    let values = frame.values(of: cut.image(index, of: image), channels: channels)
    let picture = frame.picture(
      values, range: window ?? Self.window(of: values), channels: channels)
    let slice = cut.labels(index, of: labels.values)
    let masks = [
      MaskDrawing(
        name: "labels", style: 0,
        paths: classes.indices.map {
          frame.outline(of: Members([Int32($0 + 1)]), in: slice, cut)
        }, isFilled: true)
    ]
    let place =
      image.geometry.unit == .pixel
      ? "" : "\(cut.plane.rawValue) slice \(index + 1) of \(cut.count), \(filled) labelled"
    let words = [place, centre.map { "centre \($0)" } ?? ""].filter { !$0.isEmpty }
      .joined(separator: "; ")
    figure = """
      <figure>\(frame.drawing(picture, masks: masks, words: "Exemplar \(name): \(place), with its labels"))\
      <figcaption><b>\(name)</b> \(words)</figcaption></figure>
      """
  }

  private static func window(of values: [Float]) -> ClosedRange<Float> {
    let sorted = values.filter(\.isFinite).sorted()
    guard let first = sorted.first else { return 0...1 }
    let last = Double(sorted.count - 1)
    let (low, high) = (sorted[Int(0.005 * last)], sorted[Int(0.995 * last)])
    return high > low ? low...high : first...first + 1
  }
}

/// What a program that knows recipes and packs tells of a run.
public struct Provenance: Sendable {
  /// What was run in a few words: names and values.
  public var facts: [(name: String, value: String)] = []
  /// The cases it learned from.
  public var exemplars: [Exemplar] = []
  /// The names of their classes.
  public var classes: [String] = []
  /// The intensities the run was made for; nil where it scales each image by itself.
  public var intensities: ClosedRange<Float>?
  /// What is not as it should be, in sentences.
  public var warnings: [String] = []

  /// Nothing yet.
  public init() {}
}
