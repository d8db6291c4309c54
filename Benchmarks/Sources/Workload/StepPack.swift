import Exemplars
public import Tensors
import Volumes

/// Four slices of three channels and as many classes as asked for, packed so that a training step sees them unchanged.
public struct StepPack: Sendable {
  /// The number of slices.
  public static let slices = 4

  /// The side of the slices in pixels.
  public let size: Int
  /// The number of classes without the background.
  public let classes: Int
  private let geometry: Geometry

  /// Slices of a size, with labels of so many classes.
  public init(size: Int, classes: Int) {
    self.size = size
    self.classes = classes
    geometry = Geometry(
      extents: SIMD3(size, size, StepPack.slices), affine: Affine(spacing: SIMD3(1, 1, 5)))
  }

  /// Writes the pack.
  public func write(to path: String) throws {
    let file = [PackedCase.File(name: "generated", digest: "\(size)")]
    let entry = PackedCase(
      id: "generated", geometry: geometry, sourceGeometry: geometry, images: file, labels: file)
    try PackWriter.write(
      to: path, dataset: "generated", channels: ["red", "green", "blue"],
      labels: LabelMap(each: (1...classes).map { Int32($0) })
    ) { try $0.add(entry, image: image, classes: labels) }
  }

  /// The model's inputs [4, 3, S, S] as a run on the pack sees them.
  public var inputs: Tensor {
    let cut = Plane.axial.slices(of: geometry)
    let image = image
    return Tensor.concatenated(
      (0..<StepPack.slices).map { cut.image($0, of: image).reshaped([1, 3, size, size]) }, axis: 0)
  }

  /// The targets [4, S / 4, S / 4] of the logits.
  public var targets: Tensor {
    let cut = Plane.axial.slices(of: geometry)
    let (labels, side) = (labels, size / 4)
    return Tensor(
      [StepPack.slices, side, side],
      (0..<StepPack.slices).flatMap { slice in
        let values = cut.labels(slice, of: labels)
        return (0..<side * side).map { Float(values[$0 / side * 4 * size + $0 % side * 4]) }
      })
  }

  private var image: Volume {
    Volume(voxels: normalTensor([3, StepPack.slices, size, size]), geometry: geometry)
  }

  /// Bars of all classes and the background in blocks of 4 x 4 pixels, which a zoom to a quarter keeps as they are.
  private var labels: [UInt8] {
    let side = size / 4
    return (0..<StepPack.slices * size * size).map { voxel in
      let (row, column) = (voxel / size % size / 4, voxel % size / 4)
      return UInt8(
        (row + 2 * column + voxel / (size * size)) * (classes + 1) / side % (classes + 1))
    }
  }
}
