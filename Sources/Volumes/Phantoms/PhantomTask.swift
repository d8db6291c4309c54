import Foundation
public import Tensors

/// A generated image with the label of every pixel.
public struct PhantomSlice: Sendable {
  /// The image [3, H, W] in 0..1; gray in most tasks, three different channels in others.
  public let image: Tensor
  /// The part of the anatomy each pixel belongs to: the labels 1 to 8 and, above them, the regions nobody asks for; 0
  /// where a variation left nothing.
  public let parts: ByteImage

  /// The labels, 0 for everything nobody asks for.
  public let label: ByteImage

  /// The highest label of a task; parts above it are regions nobody asks for.
  private static let lastLabel: UInt8 = 8

  /// The label of a part, 0 for a region nobody asks for.
  public static func label(ofPart part: UInt8) -> UInt8 { part > lastLabel ? 0 : part }

  /// The part of a pixel of a region with a label.
  static func part(label: UInt8, region: UInt8) -> UInt8 {
    label > 0 ? label : UInt8(clamping: Int(region) + Int(lastLabel) + 1)
  }

  /// An image [3, H, W] with parts of the same size.
  public init(image: Tensor, parts: ByteImage) {
    self.image = image
    self.parts = parts
    label = ByteImage(
      height: parts.height, width: parts.width,
      values: parts.values.map(PhantomSlice.label))
  }
}

/// One invented anatomy with one way of imaging it, shared by any number of subjects.
///
/// A label means the same structure in every subject of a task: its kind, its place in the body, its shape but for
/// a warp, its brightness but for a jitter. Everything is a function of the seed, the task's number and the subject's
/// number alone, whatever the thread.
public struct PhantomTask: Sendable {
  /// The number of labels beside 0, 1 to 8.
  public let classes: Int
  private let size: PlaneSize
  private let random: Random
  private let layout: PhantomLayout
  private let appearance: PhantomAppearance
  private let fields: TaskFields

  /// The task of that number; images are `size` pixels square.
  public init(seed: UInt64, index: Int, size: Int) {
    precondition(size >= 16, "PhantomTask: images of \(size) pixels are too small for structures")
    self.size = PlaneSize(height: size, width: size)
    random = Random(seed: seed).split("phantom task", index)
    var layoutRandom = random.split("layout")
    layout = PhantomLayout(using: &layoutRandom)
    classes = layout.classes
    var lookRandom = random.split("appearance")
    appearance = PhantomAppearance(of: layout, size: size, using: &lookRandom)
    var fieldRandom = random.split("fields")
    fields = TaskFields(size: self.size, cells: layout.tissue.count, using: &fieldRandom)
  }

  /// The image and label of one subject.
  public func subject(_ index: Int) -> PhantomSlice {
    var random = random.split("subject", index)
    let grid = view(using: &random)
    let displacement = fields.displacement(using: &random)
    let cells = fields.cells(using: &random)
    let textures = fields.textures(using: &random)
    let scene = layout.scene(using: &random)
    let painting = scene.painted(
      on: grid, displacement: displacement, cells: cells, roughness: fields.rough(textures))
    var look = appearance
    look.vary(using: &random)
    let image = look.image(
      of: painting, extents: grid.extents, textures: textures, using: &random)
    return PhantomSlice(
      image: threeChannels(image),
      parts: ByteImage(
        height: size.height, width: size.width,
        values: zip(painting.labels, painting.regions).map(PhantomSlice.part)))
  }

  private func view(using random: inout Random) -> PhantomGrid {
    let shift = SIMD3<Float>(random.normal(), random.normal(), random.normal()) * 0.04
    return .slice(
      size: size, center: layout.viewCenter + shift * layout.viewZoom,
      angle: layout.viewAngle + 0.1 * random.normal(),
      zoom: layout.viewZoom * (1 + 0.06 * random.normal()))
  }

  private func threeChannels(_ image: Tensor) -> Tensor {
    let count = size.height * size.width
    let same = image.shape[0] == 1
    return Tensor(unfilled: [3, size.height, size.width]) { result in
      image.withPointer { image in
        for channel in 0..<3 {
          (result + channel * count).update(
            from: image + (same ? 0 : channel * count), count: count)
        }
      }
    }
  }
}

/// Images of ever new tasks, one subject each: pretraining data without end.
///
/// One image in fifty or so shows no label, where all that were asked for are hidden or outside the view.
public struct PhantomSlices: Sendable {
  private let seed: UInt64
  private let size: Int

  /// Images of `size` pixels square; the same seed gives the same images.
  public init(seed: UInt64, size: Int) {
    self.seed = seed
    self.size = size
  }

  /// The image of that number.
  public subscript(index: Int) -> PhantomSlice {
    PhantomTask(seed: seed, index: index, size: size).subject(0)
  }
}

/// The smooth fields of a task, which its subjects vary.
private struct TaskFields: Sendable {
  private let coarse: SmoothField
  private let medium: SmoothField
  private let scales: [SmoothField]
  private let warp: Tensor
  private let tissue: Tensor

  init(size: PlaneSize, cells: Int, using random: inout Random) {
    func field(_ intervals: Int) -> SmoothField {
      SmoothField(intervals: [1, intervals, intervals], extents: [1, size.height, size.width])
    }
    (coarse, medium) = (field(3), field(7))
    scales = [field(size.width / 2), field(size.width / 5), field(size.width / 12)]
    warp = coarse.drawn(3, amplitude: 0.22, using: &random)
      .adding(medium.drawn(3, amplitude: 0.06, using: &random))
    tissue = field(random.chance(0.5) ? 4 : 8).drawn(max(cells, 1), using: &random)
  }

  func displacement(using random: inout Random) -> Tensor {
    warp.adding(coarse.drawn(3, amplitude: 0.08, using: &random))
      .adding(medium.drawn(3, amplitude: 0.035, using: &random))
  }

  func cells(using random: inout Random) -> Tensor {
    tissue.adding(medium.drawn(tissue.shape[0], amplitude: 0.3, using: &random))
  }

  /// One texture of each scale, the finest first: [3, 1, H, W].
  func textures(using random: inout Random) -> Tensor {
    let planes = scales.map { $0.drawn(1, amplitude: 2.5, using: &random) }
    let count = planes[0].count
    return Tensor(unfilled: [3] + planes[0].shape.dropFirst()) { result in
      for (k, plane) in planes.enumerated() {
        plane.withPointer { (result + k * count).update(from: $0, count: count) }
      }
    }
  }

  /// What moves the surfaces: the two coarser textures.
  func rough(_ textures: Tensor) -> Tensor {
    let count = textures.count / 3
    return Tensor(unfilled: [2] + textures.shape.dropFirst()) { result in
      textures.withPointer { result.update(from: $0 + count, count: 2 * count) }
    }
  }
}

extension Random {
  /// True with the given probability.
  mutating func chance(_ probability: Float) -> Bool { uniform() < probability }

  /// A number whose logarithm is uniform between those of `low` and `high`.
  mutating func logUniform(_ low: Float, _ high: Float) -> Float {
    low * pow(high / low, uniform())
  }

  /// A whole number of a closed range.
  mutating func whole(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}
