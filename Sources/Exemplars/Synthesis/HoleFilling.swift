import Foundation
import Tensors

/// The image without a group of structures: the hole is filled from what surrounds it.
///
/// Inside the hole, widened by two voxels for the blurred edge of the structure, every channel solves Laplace's equation
/// between the intensities around it (successive over-relaxation); the fine texture, what a blur of 1.5 pixels takes away, is
/// copied from a place nearby that belongs to what surrounds the hole.
struct HoleFilling {
  private let exemplar: AnnotatedImage
  private let structures: Structures
  private let group: StructureGroup
  private let body: Body

  init(
    _ exemplar: AnnotatedImage, _ structures: Structures, _ group: StructureGroup, _ body: Body
  ) {
    self.exemplar = exemplar
    self.structures = structures
    self.group = group
    self.body = body
  }

  /// The filled image [C, D, H, W].
  func filled(using random: inout Random) -> Tensor {
    let lattice = exemplar.lattice
    let edge = lattice.surroundings(of: group.voxels, steps: 2) {
      structures.parts[$0] == group.host
    }
    let hole = (group.voxels + edge.map(\.at)).sorted()
    let texture = texture(of: hole, using: &random)
    let stencil = Stencil(hole, lattice) { structures.parts[$0] == group.host }
    var image = exemplar.image
    image.withMutablePointer { y in
      for channel in 0..<exemplar.channels {
        let plane = y + channel * lattice.count
        let smooth = stencil.solution(around: plane)
        for (index, at) in hole.enumerated() {
          plane[at] = smooth[index] + (texture?[channel][index] ?? 0)
        }
      }
    }
    return image
  }

  /// The texture of each channel for the voxels of the hole, from a shifted place; nil where none was found.
  private func texture(of hole: [Int], using random: inout Random) -> [[Float]]? {
    let lattice = exemplar.lattice
    let places = hole.map(lattice.place)
    var reach = SIMD3<Float>()
    for axis in lattice.axes {
      let along = places.map { $0[axis] }
      reach[axis] = 1.5 * Float(1 + (along.max() ?? 0) - (along.min() ?? 0)) + 4
    }
    for _ in 0..<32 {
      let draws = SIMD3(random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(-1, 1))
      let shift = SIMD3<Int>((draws * reach).rounded(.toNearestOrEven))
      let sources = places.map { place -> Int? in
        let at = lattice.nearest(SIMD3<Float>(place &+ shift))
        return at.flatMap {
          structures.parts[$0] == group.host && (group.host != 0 || body.contains[$0]) ? $0 : nil
        }
      }
      guard 10 * sources.count(where: { $0 == nil }) <= hole.count else { continue }
      return fineParts(at: sources)
    }
    return nil
  }

  /// What a blur takes away from each channel at some voxels, no more than two and a half of its deviations.
  private func fineParts(at voxels: [Int?]) -> [[Float]] {
    let blurred = GaussianBlur(exemplar.lattice, pixels: 1.5)(exemplar.image)
    let count = exemplar.lattice.count
    return withPointers(exemplar.image, blurred) { image, blurred in
      (0..<exemplar.channels).map { channel in
        let fine = voxels.map { at -> Float in
          at.map { image[channel * count + $0] - blurred[channel * count + $0] } ?? 0
        }
        let square = fine.reduce(0.0) { $0 + Double($1 * $1) } / Double(max(1, fine.count))
        let most = 2.5 * Float(square.squareRoot())
        return fine.map { min(max($0, -most), most) }
      }
    }
  }
}

/// Laplace's equation in a set of voxels, with values given around them.
private struct Stencil {
  private let voxels: [Int]
  /// For each voxel its neighbours: positions in `voxels`, or below 0 the voxel -1 - n outside, with their weights.
  private let neighbours: [[(place: Int, weight: Float)]]
  private let relaxation: Float
  private let sweeps: Int

  /// The equation in `voxels`, which are ascending; voxels outside count where `isGiven` says so.
  init(_ voxels: [Int], _ lattice: Lattice, isGiven: (Int) -> Bool) {
    self.voxels = voxels
    let order = Dictionary(uniqueKeysWithValues: voxels.enumerated().map { ($1, $0) })
    neighbours = voxels.map { at in
      var list: [(place: Int, weight: Float)] = []
      lattice.forEachNeighbour(at) { neighbour, axis in
        let weight = 1 / (lattice.spacing[axis] * lattice.spacing[axis])
        if let place = order[neighbour] {
          list.append((place, weight))
        } else if isGiven(neighbour) {
          list.append((-1 - neighbour, weight))
        }
      }
      return list
    }
    let length = pow(Double(max(voxels.count, 4)), 1 / Double(lattice.axes.count))
    relaxation = Float(2 / (1 + sin(Double.pi / (length + 1))))
    sweeps = Int(3 * length) + 20
  }

  /// The values of the voxels, between those of an image around them.
  func solution(around image: UnsafeMutablePointer<Float>) -> [Float] {
    let given = neighbours.joined().filter { $0.place < 0 }
    guard !given.isEmpty else { return voxels.map { image[$0] } }
    let mean = given.reduce(Float(0)) { $0 + image[-1 - $1.place] } / Float(given.count)
    var values = [Float](repeating: mean, count: voxels.count)
    for _ in 0..<sweeps {
      for at in values.indices {
        var (sum, weights): (Float, Float) = (0, 0)
        for (place, weight) in neighbours[at] {
          sum += weight * (place < 0 ? image[-1 - place] : values[place])
          weights += weight
        }
        guard weights > 0 else { continue }
        values[at] += relaxation * (sum / weights - values[at])
      }
    }
    return values
  }
}
