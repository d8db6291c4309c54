import Tensors

/// A group at its new place.
struct PlacedGroup {
  private let pose: Pose
  private let group: StructureGroup
  /// The voxels it covers there, with the part of each.
  private let voxels: [(at: Int, part: Int32)]

  /// The group in a pose; nil where it would leave the image or the body, or touch another structure.
  init?(
    _ group: StructureGroup, _ pose: Pose, _ structures: Structures, _ exemplar: AnnotatedImage,
    _ body: Body
  ) {
    let lattice = exemplar.lattice
    let extents = SIMD3(lattice.extents[0], lattice.extents[1], lattice.extents[2])
    var (low, high) = (SIMD3(repeating: Int.max), SIMD3(repeating: Int.min))
    for at in group.voxels {
      let place = pose.placed(SIMD3<Float>(lattice.place(at)))
      for axis in lattice.axes where place[axis] < 1 || place[axis] > Float(extents[axis] - 2) {
        return nil
      }
      let rounded = SIMD3<Int>(place.rounded(.toNearestOrEven))
      for axis in 0..<3 {
        low[axis] = min(low[axis], max(rounded[axis] - 1, 0))
        high[axis] = max(high[axis], min(rounded[axis] + 1, extents[axis] - 1))
      }
    }
    var voxels: [(at: Int, part: Int32)] = []
    for z in low.x...high.x {
      for y in low.y...high.y {
        for x in low.z...high.z {
          let origin = pose.origin(of: SIMD3(Float(z), Float(y), Float(x)))
          let part = lattice.nearest(origin).map { structures.parts[$0] } ?? 0
          guard group.members.contains(part) else { continue }
          let at = (z * extents.y + y) * extents.z + x
          let isInBody = body.contains[at] || group.members.contains(structures.parts[at])
          guard group.host != 0 || isInBody,
            PlacedGroup.isFree(at, group, structures, lattice)
          else { return nil }
          voxels.append((at, part))
        }
      }
    }
    guard !voxels.isEmpty else { return nil }
    self.pose = pose
    self.group = group
    self.voxels = voxels
  }

  /// Whether a voxel and its neighbours belong to the group or to what surrounds it.
  private static func isFree(
    _ at: Int, _ group: StructureGroup, _ structures: Structures, _ lattice: Lattice
  ) -> Bool {
    var isFree = group.owns(structures.parts[at])
    lattice.forEachNeighbour(at) { neighbour, _ in
      isFree = isFree && group.owns(structures.parts[neighbour])
    }
    return isFree
  }

  /// The group put onto an image without it, its seam blended; and the parts as they lie then.
  ///
  /// Around the group its old surroundings come with it and fade out over the width of the seam.
  func pasted(
    onto filled: Tensor, _ exemplar: AnnotatedImage, _ structures: Structures, seam: Float
  ) -> (image: AnnotatedImage, parts: [Int32]) {
    let lattice = exemplar.lattice
    var parts = structures.parts
    for at in group.voxels { parts[at] = group.host }
    for (at, part) in voxels { parts[at] = part }
    let width = Int(seam.rounded())
    let ring = lattice.surroundings(of: voxels.map(\.at), steps: width) {
      group.owns(structures.parts[$0])
    }
    let weights =
      voxels.map { (at: $0.at, weight: Float(1)) }
      + ring.map { at, steps in
        let t = 1 - Float(steps) / Float(width + 1)
        return (at, t * t * (3 - 2 * t))
      }
    var image = filled
    let (count, extents) = (lattice.count, lattice.extents)
    image.withMutablePointer { y in
      exemplar.image.withPointer { x in
        for (at, weight) in weights {
          let origin = pose.origin(of: SIMD3<Float>(lattice.place(at)))
          guard let source = lattice.nearest(origin), group.owns(structures.parts[source]) else {
            continue
          }
          let around = Around(
            origin.x, origin.y, origin.z, extents[0], extents[1], extents[2])
          for channel in 0..<exemplar.channels {
            let old = y[channel * count + at]
            y[channel * count + at] = old + weight * (around.value(of: x + channel * count) - old)
          }
        }
      }
    }
    let label = structures.label(of: parts)
    return (AnnotatedImage(image: image, label: label, lattice: lattice), parts)
  }
}

extension Lattice {
  /// The voxel nearest to a place, halves rounded up; nil outside.
  @inline(__always)
  func nearest(_ place: SIMD3<Float>) -> Int? {
    let voxel = SIMD3<Int>((place + 0.5).rounded(.down))
    for axis in 0..<3 where voxel[axis] < 0 || voxel[axis] >= extents[axis] { return nil }
    return (voxel.x * extents[1] + voxel.y) * extents[2] + voxel.z
  }
}
