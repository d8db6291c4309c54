import Tensors
import Volumes

/// Where structures may lie: the largest region of the image that is not air, its holes filled.
///
/// Air is what lies, slightly blurred, below an eighth of the way from the darkest to the brightest hundredth of the first
/// channel.
struct Body {
  /// Whether each voxel [D, H, W] belongs to it.
  let contains: [Bool]

  init(of exemplar: AnnotatedImage) {
    let lattice = exemplar.lattice
    let extents = SIMD3(lattice.extents[2], lattice.extents[1], lattice.extents[0])
    let first = exemplar.image.sliced(axis: 0, 0..<1)
    let blurred = GaussianBlur(lattice, pixels: 1)(first).values
    let step = max(1, blurred.count >> 16)
    let sample = stride(from: 0, to: blurred.count, by: step).map { blurred[$0] }.sorted()
    let (low, high) = (sample[sample.count / 100], sample[sample.count - 1 - sample.count / 100])
    let threshold = low + 0.125 * (high - low)
    let tissue = blurred.map { $0 > threshold ? 1 : 0 as UInt8 }
    let largest = Components.keepingLargest(
      perClass: tissue, extents: extents, connectivity: .faces)
    let outside = Components(
      of: largest.map { 1 - $0 }, extents: extents, connectivity: .faces)
    var isOpen = [Bool](repeating: false, count: outside.sizes.count + 1)
    for at in largest.indices where lattice.isOnBorder(at) {
      isOpen[Int(outside.regions[at])] = true
    }
    contains = largest.indices.map { largest[$0] == 1 || !isOpen[Int(outside.regions[$0])] }
  }
}

extension Lattice {
  /// The position of a voxel along D, H, W.
  @inline(__always)
  func place(_ at: Int) -> SIMD3<Int> {
    SIMD3(at / (extents[1] * extents[2]), at / extents[2] % extents[1], at % extents[2])
  }

  /// Whether a voxel is one of the outermost along an axis of more than one voxel.
  func isOnBorder(_ at: Int) -> Bool {
    let place = place(at)
    return axes.contains { place[$0] == 0 || place[$0] == extents[$0] - 1 }
  }

  /// Calls `body` with the voxels that share a face with one, and the axis.
  @inline(__always)
  func forEachNeighbour(_ at: Int, _ body: (_ neighbour: Int, _ axis: Int) -> Void) {
    let place = place(at)
    let strides = SIMD3(extents[1] * extents[2], extents[2], 1)
    for axis in 0..<3 {
      if place[axis] > 0 { body(at - strides[axis], axis) }
      if place[axis] + 1 < extents[axis] { body(at + strides[axis], axis) }
    }
  }

  /// The voxels within so many steps over faces of some, but for those themselves, with the number of steps.
  func surroundings(
    of voxels: [Int], steps: Int, where isAllowed: (Int) -> Bool
  ) -> [(at: Int, steps: Int)] {
    var seen = Set(voxels)
    var front = voxels
    var found: [(at: Int, steps: Int)] = []
    for step in 0..<steps {
      var next: [Int] = []
      for at in front {
        forEachNeighbour(at) { neighbour, _ in
          if isAllowed(neighbour), seen.insert(neighbour).inserted { next.append(neighbour) }
        }
      }
      found += next.map { ($0, step + 1) }
      front = next
    }
    return found
  }
}
