import Tensors

/// A group of structures that is moved as one.
struct StructureGroup {
  /// The numbers of its parts.
  let members: Set<Int32>
  /// The part that surrounds it, which takes its place; 0 for the background.
  let host: Int32
  /// Its voxels, ascending.
  let voxels: [Int]
  /// Its centre of mass, in voxels along D, H, W.
  let centre: SIMD3<Float>

  init(members: Set<Int32>, host: Int32, voxels: [Int], lattice: Lattice) {
    self.members = members
    self.host = host
    self.voxels = voxels
    let sum = voxels.reduce(SIMD3<Int>()) { $0 &+ lattice.place($1) }
    centre = SIMD3<Float>(sum) / Float(voxels.count)
  }

  /// Whether a part is of the group or surrounds it.
  @inline(__always)
  func owns(_ part: Int32) -> Bool { part == host || members.contains(part) }
}

/// The groups of a label that can be moved.
///
/// Parts that touch belong to one group, which lies in the background; a part all of whose neighbours are one other part
/// is a group too, which moves within that part. Groups that touch the border of the image, where they may be cut off, stay;
/// so do specks.
struct StructureGroups {
  /// The groups, in the order of their first voxels.
  let all: [StructureGroup]

  init(_ structures: Structures, _ exemplar: AnnotatedImage) {
    let lattice = exemplar.lattice
    let joined = Structures(of: structures.parts.map { $0 == 0 ? 0 : 1 }, on: lattice)
    var voxels = [[Int]](repeating: [], count: joined.sizes.count)
    for (at, cluster) in joined.parts.enumerated() where cluster != 0 {
      voxels[Int(cluster) - 1].append(at)
    }
    let clusters = voxels.map { voxels in
      StructureGroup(
        members: Set(voxels.map { structures.parts[$0] }), host: 0, voxels: voxels,
        lattice: lattice)
    }
    let inner = StructureGroups.enclosed(structures, lattice)
    all = (clusters + inner).filter { group in
      group.voxels.count >= Structures.speck && !group.voxels.contains(where: lattice.isOnBorder)
    }
  }

  /// The parts whose neighbours are all of one other part.
  private static func enclosed(_ structures: Structures, _ lattice: Lattice) -> [StructureGroup] {
    var hosts = [Int32?](repeating: nil, count: structures.sizes.count + 1)
    var isOpen = [Bool](repeating: false, count: structures.sizes.count + 1)
    for (at, part) in structures.parts.enumerated() where part != 0 {
      lattice.forEachNeighbour(at) { neighbour, _ in
        let other = structures.parts[neighbour]
        guard other != part else { return }
        if other == 0 || hosts[Int(part)] ?? other != other { isOpen[Int(part)] = true }
        hosts[Int(part)] = other
      }
    }
    var voxels: [Int32: [Int]] = [:]
    for (at, part) in structures.parts.enumerated() where part != 0 && !isOpen[Int(part)] {
      voxels[part, default: []].append(at)
    }
    return voxels.sorted { $0.key < $1.key }.compactMap { part, voxels in
      hosts[Int(part)].map {
        StructureGroup(members: [part], host: $0, voxels: voxels, lattice: lattice)
      }
    }
  }
}
