import Archives
import Foundation
import Tensors
import Volumes

/// One slice of a case with the outlines of reference and prediction, as radiology shows it.
///
/// The slice is the one with the largest area of the reference (of the prediction where the reference is empty), in
/// the plane of acquisition, cut out around the masks. The drawing is in millimetres; the image lies in it as a PNG.
struct SlicePicture {
  /// The drawing.
  let svg: HTML
  /// Where the slice lies and what is missing, in words.
  let caption: String

  /// Draws a case, or says why it cannot be drawn.
  static func drawn(
    _ files: EvaluationRecord.Case, prediction: Int, classes: [EvaluationRecord.Class]?
  ) -> Result<SlicePicture, ReportError> {
    func refused(_ reason: String) -> Result<SlicePicture, ReportError> {
      .failure(.incomparable(case: files.name, reason: reason))
    }
    guard files.predictions.indices.contains(prediction) else {
      return refused("its record names no such prediction")
    }
    let mask = files.predictions[prediction].mask
    if let change = files.reference.change() { return refused("the reference mask \(change)") }
    if let change = mask.change() { return refused("the predicted mask \(change)") }
    guard let reference = try? LabelVolume.read(files.reference.path).canonical,
      let predicted = try? LabelVolume.read(mask.path).canonical,
      predicted.geometry.extents == reference.geometry.extents
    else { return refused("its masks cannot be read") }
    var note: String?
    var image: Volume?
    if let file = files.image {
      note = file.change().map { "The image \($0)." }
      if note == nil { image = try? Volume.read(file.path).canonical }
      if let found = image, found.geometry.difference(from: reference.geometry) != nil {
        image = nil
        note = "The image has another grid than the masks."
      }
    } else {
      note = "The image is not known (graft evaluate --images)."
    }
    return .success(
      SlicePicture(
        reference: reference, prediction: predicted, image: image, classes: classes, note: note))
  }

  private init(
    reference: LabelVolume, prediction: LabelVolume, image: Volume?,
    classes: [EvaluationRecord.Class]?, note: String?
  ) {
    let slices = Plane.acquired.slices(of: reference.geometry)
    let members = classes.map { Set($0.flatMap(\.values)) }
    func area(_ volume: LabelVolume, _ index: Int) -> Int {
      slices.labels(index, of: volume.values).reduce(0) { count, value in
        count + ((members?.contains(value) ?? (value != 0)) ? 1 : 0)
      }
    }
    func largest(_ volume: LabelVolume) -> (index: Int, area: Int) {
      (0..<slices.count).map { ($0, area(volume, $0)) }
        .reduce((0, 0)) { $1.1 > $0.1 ? $1 : $0 }
    }
    let first = largest(reference)
    let index = first.area > 0 ? first.index : largest(prediction).index
    let pair = [reference, prediction].map { slices.labels(index, of: $0.values) }
    let groups =
      classes.map { $0.map { Set($0.values) } }
      ?? Set(pair[0] + pair[1]).subtracting([0]).sorted().map { [$0] }
    let masks = pair.map { slice in groups.map { group in slice.map { group.contains($0) } } }
    let size = (height: slices.height, width: slices.width)
    let frame = Frame(
      around: masks.flatMap { $0 }, height: size.height, width: size.width,
      spacing: slices.spacing)
    let picture = image.map { volume in
      frame.picture(slices.image(index, of: volume), width: size.width)
    }
    let outlines = masks.map { groups in
      groups.map { Outline($0, height: size.height, width: size.width).path }.joined()
    }
    svg = frame.drawing(picture, outlines: outlines)
    let plane =
      reference.geometry.unit == .pixel
      ? nil : "\(slices.plane.rawValue.capitalized) slice \(index + 1) of \(slices.count)."
    caption = [plane, note].compactMap { $0 }.joined(separator: " ")
  }
}

/// The part of a slice that is shown, in pixels, and how large a pixel is.
struct Frame: Equatable {
  let rows: Range<Int>
  let columns: Range<Int>
  let spacing: (row: Double, column: Double)

  /// A square, in millimetres, around all masks, twice as wide as they are but not beyond the slice.
  init(
    around masks: [[Bool]], height: Int, width: Int, spacing: (row: Double, column: Double)
  ) {
    self.spacing = spacing
    var (top, bottom, left, right) = (height, 0, width, 0)
    for mask in masks {
      for row in 0..<height {
        for column in 0..<width where mask[row * width + column] {
          (top, bottom) = (min(top, row), max(bottom, row + 1))
          (left, right) = (min(left, column), max(right, column + 1))
        }
      }
    }
    guard top < bottom else {
      rows = 0..<height
      columns = 0..<width
      return
    }
    let wide = max(Double(bottom - top) * spacing.row, Double(right - left) * spacing.column)
    let side = max(2 * wide, 24 * min(spacing.row, spacing.column))
    rows = Frame.range(around: top + bottom, length: side / spacing.row, limit: height)
    columns = Frame.range(around: left + right, length: side / spacing.column, limit: width)
  }

  /// Whether both show the same part at the same size.
  static func == (one: Frame, other: Frame) -> Bool {
    one.rows == other.rows && one.columns == other.columns && one.spacing == other.spacing
  }

  /// A range of about `length` whose middle is half of `doubled`, moved and cut to lie in 0..<limit.
  private static func range(around doubled: Int, length: Double, limit: Int) -> Range<Int> {
    let count = min(limit, Int(length.rounded(.up)))
    let start = min(max(0, (doubled - count) / 2), limit - count)
    return start..<start + count
  }

  /// The part of an image slice [C, h, w] as a gray PNG, from the 0.5th to the 99.5th percentile of its first channel.
  func picture(_ slice: Tensor, width: Int) -> PNG {
    let values = rows.flatMap { row in columns.map { slice[flat: row * width + $0] } }
    let sorted = values.filter(\.isFinite).sorted()
    let low = sorted.isEmpty ? 0 : sorted[Int(0.005 * Double(sorted.count - 1))]
    let high = sorted.isEmpty ? 1 : sorted[Int(0.995 * Double(sorted.count - 1))]
    let scale = high > low ? 255 / (high - low) : 0
    let bytes = values.map { value in
      value.isFinite ? UInt8(max(0, min(255, (value - low) * scale))) : 0
    }
    return PNG(width: columns.count, height: rows.count, channels: 1, bytes: bytes)
  }

  /// The drawing: the image, the reference's outline and the prediction's over it.
  func drawing(_ picture: PNG?, outlines: [String]) -> HTML {
    let size = (
      width: Double(columns.count) * spacing.column, height: Double(rows.count) * spacing.row
    )
    let ground: HTML =
      picture.map { picture in
        """
        <image width="\(coordinate(size.width))" height="\(coordinate(size.height))" \
        preserveAspectRatio="none" href="data:image/png;base64,\
        \(picture.file.base64EncodedString())"/>
        """
      } ?? ""
    let paths = zip(["reference", "prediction"], outlines).map { style, path -> HTML in
      "<path class=\"outline \(style)\" vector-effect=\"non-scaling-stroke\" d=\"\(path)\"/>"
    }
    let places = [spacing.column, spacing.row].map { "\($0)" }.joined(separator: " ")
    return """
      <svg class="slice" viewBox="0 0 \(coordinate(size.width)) \(coordinate(size.height))" \
      role="img" aria-label="Slice with the outlines of reference and prediction">\
      <rect class="ground" width="100%" height="100%"/>\(ground)\
      <g transform="scale(\(places)) translate(-\(columns.lowerBound) -\(rows.lowerBound))">\
      \(paths)</g></svg>
      """
  }
}
