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
  /// For each voxel six neighbours: positions in `voxels`, or below 0 the voxel -1 - n outside; and their weights, 0 for none.
  private let neighbours: [Int]
  private let weights: [Float]
  private let relaxation: Float
  private let sweeps: Int

  /// The equation in `voxels`; voxels outside count where `isGiven` says so.
  init(_ voxels: [Int], _ lattice: Lattice, isGiven: (Int) -> Bool) {
    self.voxels = voxels
    var order = [Int32](repeating: -1, count: lattice.count)
    for (position, at) in voxels.enumerated() { order[at] = Int32(position) }
    var neighbours = [Int](repeating: 0, count: 6 * voxels.count)
    var weights = [Float](repeating: 0, count: 6 * voxels.count)
    for (position, at) in voxels.enumerated() {
      var entry = 6 * position
      lattice.forEachNeighbour(at) { neighbour, axis in
        guard order[neighbour] >= 0 || isGiven(neighbour) else { return }
        neighbours[entry] = order[neighbour] >= 0 ? Int(order[neighbour]) : -1 - neighbour
        weights[entry] = 1 / (lattice.spacing[axis] * lattice.spacing[axis])
        entry += 1
      }
    }
    self.neighbours = neighbours
    self.weights = weights
    let length = pow(Double(max(voxels.count, 4)), 1 / Double(lattice.axes.count))
    relaxation = Float(2 / (1 + sin(Double.pi / (length + 1))))
    sweeps = Int(2 * length) + 20
  }

  /// The values of the voxels, between those of an image around them.
  func solution(around image: UnsafeMutablePointer<Float>) -> [Float] {
    let given = zip(neighbours, weights).filter { $0 < 0 && $1 > 0 }.map { image[-1 - $0.0] }
    guard !given.isEmpty else { return voxels.map { image[$0] } }
    var values = [Float](
      repeating: given.reduce(0, +) / Float(given.count), count: voxels.count)
    values.withUnsafeMutableBufferPointer { values in
      neighbours.withUnsafeBufferPointer { neighbours in
        weights.withUnsafeBufferPointer { weights in
          for _ in 0..<sweeps {
            for at in values.indices {
              var (sum, total): (Float, Float) = (0, 0)
              for entry in 6 * at..<6 * at + 6 where weights[entry] > 0 {
                let place = neighbours[entry]
                sum += weights[entry] * (place < 0 ? image[-1 - place] : values[place])
                total += weights[entry]
              }
              if total > 0 { values[at] += relaxation * (sum / total - values[at]) }
            }
          }
        }
      }
    }
    return values
  }
}
