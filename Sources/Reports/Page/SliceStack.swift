import Archives
import Foundation
import Tensors
import Volumes

/// The slices of one case, with the outlines of its masks, as radiology shows them.
///
/// They are cut in the plane of acquisition, around the masks. Where all slices would take too much room in the page,
/// those far from any mask are left out, then every second, third … of the others.
struct SliceStack {
  /// A slice that is shown.
  struct Slice {
    /// Which slice it is, from 1.
    let number: Int
    /// The picture, in which `range` is 0 to 255.
    let picture: Data?
    /// The outlines of each class in each mask.
    let outlines: [[String]]
  }

  /// The slices in their order.
  let slices: [Slice]
  /// The slice that is shown first: its place in `slices`.
  let start: Int
  /// How many slices the case has.
  let count: Int
  /// The plane; nil for pictures.
  let plane: Plane?
  /// The part that is shown.
  let frame: Frame
  /// The classes.
  let classes: [String]
  /// The intensities that the pictures hold, and those that are shown at first.
  let range: ClosedRange<Float>
  let window: ClosedRange<Float>
  /// The first slice as it is shown at first.
  let picture: PNG?

  /// Cuts the slices of canonical masks on one grid, and of the image where there is one; `room` is in bytes of the page.
  ///
  /// First is the slice with the largest area of the first mask, or of any where that is empty; `withMostClasses` asks
  /// for the one with the most classes of the first mask.
  init(
    masks: [LabelVolume], image: Volume?, classes: [EvaluationRecord.Class]?, room: Int,
    withMostClasses: Bool = false
  ) {
    let cut = Plane.acquired.slices(of: masks[0].geometry)
    count = cut.count
    plane = masks[0].geometry.unit == .pixel ? nil : cut.plane
    let groups =
      classes
      ?? Set(masks.flatMap { $0.counts.keys }).subtracting([0]).sorted()
      .map { EvaluationRecord.Class(name: "\($0)", values: [$0]) }
    self.classes = groups.map(\.name)
    let every = Members(groups.flatMap(\.values))
    let contents = masks.map { SliceContents.all(of: $0, cut, members: every) }
    frame = Frame(
      around: SliceContents.bounds(contents.flatMap { $0 }), height: cut.height,
      width: cut.width, spacing: cut.spacing)
    let members = groups.map { Members($0.values) }
    let richest =
      withMostClasses ? SliceContents.richest(of: masks[0], cut, members: members) : nil
    let key = richest ?? SliceContents.largest(contents) ?? cut.count / 2
    let cutter = Cutter(
      cut: cut, frame: frame, masks: masks, image: image,
      members: members)
    (range, window) = cutter.range(
      of: SliceContents.chosen(contents, around: key, fitting: Self.measuredSlices))
    picture = cutter.picture(key, range: window)
    let first = cutter.slice(key, range: range)
    let chosen = SliceContents.chosen(
      contents, around: key, fitting: max(1, room / max(1, first.size)))
    start = chosen.firstIndex(of: key) ?? 0
    let (range, place) = (range, start)
    slices = chosen.enumerated().map { $0 == place ? first : cutter.slice($1, range: range) }
  }

  /// How many slices the window is taken from.
  private static let measuredSlices = 12

  /// The words below the picture: which slice it is, and how many there are.
  var caption: String? {
    guard let plane else { return nil }
    let shown = slices.count < count ? "; \(slices.count) of them are kept here" : ""
    return "\(plane.rawValue.capitalized) slice \(slices[start].number) of \(count)\(shown)."
  }
}

/// Makes the slices of a case.
private struct Cutter {
  let cut: Slices
  let frame: Frame
  let masks: [LabelVolume]
  let image: Volume?
  /// The classes whose outlines are drawn.
  let members: [Members]

  /// Colours of pictures are kept; of scans the first channel is shown.
  private var channels: Int {
    image.map { $0.geometry.unit == .pixel && $0.channels >= 3 ? 3 : 1 } ?? 1
  }

  /// A slice with its picture, in which `range` is 0 to 255.
  func slice(_ index: Int, range: ClosedRange<Float>) -> SliceStack.Slice {
    let outlines = masks.map { mask in
      let values = cut.labels(index, of: mask.values)
      return members.map { frame.outline(of: $0, in: values, cut) }
    }
    return SliceStack.Slice(
      number: index + 1, picture: picture(index, range: range)?.file, outlines: outlines)
  }

  /// The picture of a slice; nil without an image.
  func picture(_ index: Int, range: ClosedRange<Float>) -> PNG? {
    image.map { image in
      let values = frame.values(of: cut.image(index, of: image), channels: channels)
      return frame.picture(values, range: range, channels: channels)
    }
  }

  /// The window of what is shown at first, and a range wider by its width on both sides as far as there are values.
  ///
  /// The window goes from the 5th to the 95th percentile of what any mask holds in some slices, and as far again on both
  /// sides; without a mask from the 0.5th to the 99.5th percentile of what is shown.
  func range(of slices: [Int]) -> (ClosedRange<Float>, window: ClosedRange<Float>) {
    guard let image else { return (0...1, 0...1) }
    let cuts = slices.map { (index: $0, image: cut.image($0, of: image)) }
    let shown = cuts.flatMap { frame.values(of: $0.image, channels: channels) }
      .filter(\.isFinite).sorted()
    guard let least = shown.first, let most = shown.last, most > least else {
      let only = shown.first ?? 0
      return (only...only + 1, only...only + 1)
    }
    let held = cuts.flatMap { contents(of: $0.image, $0.index) }.sorted()
    var (low, high) = (shown.value(at: 0.005), shown.value(at: 0.995))
    if held.count > 10, held.value(at: 0.95) > held.value(at: 0.05) {
      let (first, last) = (held.value(at: 0.05), held.value(at: 0.95))
      (low, high) = (max(low, first - (last - first)), min(high, last + (last - first)))
    }
    if high <= low { (low, high) = (least, most) }
    return (max(least, low - (high - low))...min(most, high + (high - low)), low...high)
  }

  /// The intensities that any class of any mask holds in a slice, of all channels that are shown.
  private func contents(of slice: Tensor, _ index: Int) -> [Float] {
    let size = cut.height * cut.width
    return masks.flatMap { mask in
      let values = cut.labels(index, of: mask.values)
      return values.indices.filter { pixel in members.contains { $0.contains(values[pixel]) } }
        .flatMap { pixel in (0..<channels).map { slice[flat: $0 * size + pixel] } }
    }.filter(\.isFinite)
  }
}

extension [Float] {
  /// The value below which a share of ascending values lies; there is at least one.
  fileprivate func value(at share: Double) -> Float { self[Int(share * Double(count - 1))] }
}

extension SliceStack.Slice {
  /// How much of the page it takes, in bytes.
  fileprivate var size: Int {
    4 * (picture?.count ?? 0) / 3 + outlines.reduce(0) { $0 + $1.reduce(0) { $0 + $1.utf8.count } }
  }
}

extension Frame {
  /// The outline of a class in a slice's labels, seen from the frame's corner.
  func outline(of members: Members, in values: [Int32], _ cut: Slices) -> String {
    let mask = values.map { members.contains($0) }
    guard mask.contains(true) else { return "" }
    return Outline(
      mask, height: cut.height, width: cut.width, from: (rows.lowerBound, columns.lowerBound)
    ).path
  }
}
