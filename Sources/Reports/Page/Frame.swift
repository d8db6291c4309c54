import Archives
import Foundation
import Tensors

/// The part of a case's slices that is shown, in pixels, and how large a pixel is.
struct Frame {
  /// The rows and columns of the slice.
  let rows: Range<Int>
  let columns: Range<Int>
  /// The distance between rows and between columns.
  let spacing: (row: Double, column: Double)
  /// How many pixels of the slice, in each direction, make one of the picture.
  let reduction: Int

  /// The most pixels of a picture in either direction.
  static let mostPixels = 256

  /// A square, in millimetres, around all masks, twice as wide as they are but not beyond the slice.
  ///
  /// `bounds` are the rows and columns of the masks; nil stands for the whole slice.
  init(
    around bounds: (rows: Range<Int>, columns: Range<Int>)?, height: Int, width: Int,
    spacing: (row: Double, column: Double)
  ) {
    self.spacing = spacing
    if let bounds {
      let wide = max(
        Double(bounds.rows.count) * spacing.row, Double(bounds.columns.count) * spacing.column)
      let side = max(2 * wide, 24 * min(spacing.row, spacing.column))
      rows = Frame.range(around: bounds.rows, length: side / spacing.row, limit: height)
      columns = Frame.range(around: bounds.columns, length: side / spacing.column, limit: width)
    } else {
      rows = 0..<height
      columns = 0..<width
    }
    reduction = max(1, (max(rows.count, columns.count) + Frame.mostPixels - 1) / Frame.mostPixels)
  }

  /// A range of about `length` around the middle of another, moved and cut to lie in 0..<limit.
  private static func range(around part: Range<Int>, length: Double, limit: Int) -> Range<Int> {
    let count = min(limit, Int(length.rounded(.up)))
    let start = min(max(0, (part.lowerBound + part.upperBound - count) / 2), limit - count)
    return start..<start + count
  }

  /// The size of the drawing, in millimetres.
  var size: (width: Double, height: Double) {
    (Double(columns.count) * spacing.column, Double(rows.count) * spacing.row)
  }

  /// The part of an image slice [C, h, w]: its first `channels` channels, each pixel the mean of those it is made of.
  func values(of slice: Tensor, channels: Int) -> [Float] {
    let (height, width) = (slice.shape[1], slice.shape[2])
    var result: [Float] = []
    result.reserveCapacity(rows.count * columns.count / (reduction * reduction) * channels)
    slice.withPointer { values in
      for row in stride(from: rows.lowerBound, to: rows.upperBound, by: reduction) {
        for column in stride(from: columns.lowerBound, to: columns.upperBound, by: reduction) {
          for channel in 0..<channels {
            var (sum, count) = (Float(0), Float(0))
            for y in row..<min(row + reduction, rows.upperBound) {
              for x in column..<min(column + reduction, columns.upperBound) {
                let value = values[(channel * height + y) * width + x]
                guard value.isFinite else { continue }
                sum += value
                count += 1
              }
            }
            result.append(count > 0 ? sum / count : .nan)
          }
        }
      }
    }
    return result
  }

  /// A picture of such values: `range` becomes 0 to 255.
  func picture(_ values: [Float], range: ClosedRange<Float>, channels: Int) -> PNG {
    let scale =
      range.upperBound > range.lowerBound ? 255 / (range.upperBound - range.lowerBound) : 0
    let bytes = values.map { value in
      value.isFinite ? UInt8(max(0, min(255, ((value - range.lowerBound) * scale).rounded()))) : 0
    }
    return PNG(
      width: (columns.count + reduction - 1) / reduction,
      height: (rows.count + reduction - 1) / reduction, channels: channels, bytes: bytes)
  }

  /// The drawing of a slice: the picture, and over it the outlines that `masks` name, in their order.
  func drawing(_ picture: PNG?, masks: [MaskDrawing], words: String) -> HTML {
    let whole = (
      width: Double(reduction * (picture?.width ?? 0)) * spacing.column,
      height: Double(reduction * (picture?.height ?? 0)) * spacing.row
    )
    let ground: HTML =
      picture.map { picture in
        """
        <image width="\(coordinate(whole.width))" height="\(coordinate(whole.height))" \
        preserveAspectRatio="none" href="data:image/png;base64,\
        \(picture.file.base64EncodedString())"/>
        """
      } ?? ""
    let places = [spacing.column, spacing.row].map { "\($0)" }.joined(separator: " ")
    return """
      <svg class="slice" viewBox="0 0 \(coordinate(size.width)) \(coordinate(size.height))" \
      role="img" aria-label="\(words)"><rect class="ground" width="100%" height="100%"/>\(ground)\
      <g transform="scale(\(places))">\(masks.map(\.markup))</g></svg>
      """
  }
}

/// The outlines of one mask in a drawing.
struct MaskDrawing {
  /// What the mask is called.
  let name: String
  /// Which of the line styles it has: 0 for the reference.
  let style: Int
  /// The outline of each class.
  let paths: [String]
  /// Whether each class is filled in its own colour; else all of them are lines of one.
  var isFilled = false

  /// Filled, or a dark line below a bright one, so that it shows on any ground.
  var markup: HTML {
    if isFilled {
      let parts = paths.enumerated().map { place, path -> HTML in
        """
        <path class="f\(place % LineKey.colours + 1)" vector-effect="non-scaling-stroke" d="\(path)"/>
        """
      }
      return "<g class=\"role filled\" data-role=\"\(style)\" data-name=\"\(name)\">\(parts)</g>"
    }
    let path = paths.joined()
    return """
      <g class="role r\(style % LineKey.styles)" data-role="\(style)" data-name="\(name)">\
      <path class="under" vector-effect="non-scaling-stroke" d="\(path)"/>\
      <path class="over" vector-effect="non-scaling-stroke" d="\(path)"/></g>
      """
  }
}

/// A line of a legend.
enum LineKey {
  /// How many line styles of outlines there are.
  static let styles = 5
  /// How many colours of filled classes there are.
  static let colours = 8

  /// Names with the colours of filled classes.
  static func classes(_ names: [String]) -> HTML {
    let keys = names.enumerated().map { index, name -> HTML in
      """
      <li><svg class="key" viewBox="0 0 28 12" aria-hidden="true"><rect class="f\(index % colours + 1)" \
      width="28" height="12" rx="3"/></svg>\(name)</li>
      """
    }
    return "<ul class=\"keys\">\(keys)</ul>"
  }

  /// Names with the line styles of outlines.
  static func outlines(_ names: [String]) -> HTML {
    let keys = names.enumerated().map { index, name -> HTML in
      """
      <li><span class="swatch"><svg class="key role r\(index % styles)" viewBox="0 0 28 12" \
      aria-hidden="true"><path class="over" d="M1 6h26"/></svg></span>\(name)</li>
      """
    }
    return "<ul class=\"keys\">\(keys)</ul>"
  }

  /// Names with the line styles or the symbols of charts.
  static func series(_ names: [String], symbols: Bool = false) -> HTML {
    let keys = names.enumerated().map { index, name -> HTML in
      let sign: HTML =
        symbols ? Symbol(index).drawing(x: 14, y: 6, style: "symbol") : "<path d=\"M1 6h26\"/>"
      return """
        <li><svg class="key k\(index % Symbol.count + 1)" viewBox="0 0 28 12" \
        aria-hidden="true">\(sign)</svg>\(name)</li>
        """
    }
    return "<ul class=\"keys\">\(keys)</ul>"
  }
}
