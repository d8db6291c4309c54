import Tensors

/// What a subject's body is made of: solids painted one over the other, each a region with its label.
struct PhantomScene: Sendable {
  /// A solid with what it paints.
  struct Structure: Sendable {
    var shape: PhantomShape
    /// The region painted, an index into the appearance.
    var region: Int
    /// The label painted; 0 for a structure nobody asks for.
    var label: UInt8
    /// The region and label of the outer layer, and how deep it goes in units of the implicit function (0 to 1).
    var rim: (region: Int, label: UInt8, depth: Float)?
    /// The second half of a structure that is divided by a plane through `place` across `normal`.
    var division: (region: Int, label: UInt8, place: SIMD3<Float>, normal: SIMD3<Float>)?
    /// Only voxels of these regions are painted; all but the outside where there are none.
    var within: [Int] = []
    /// Whether only the rim is painted and what lies inside stays as it is.
    var isHollow = false
    /// How far noise moves the surface, in units of the implicit function.
    var roughness: Float = 0.1
  }

  /// The regions and labels of the voxels, and how deep in its structure each lies.
  struct Painting {
    var regions: [UInt8]
    var labels: [UInt8]
    var depths: [Float]
  }

  /// The body itself, which the other structures lie in; its rim is the shell.
  var body: Structure?
  /// The regions and labels of the tissue between the structures, one for each field of the argmax.
  var tissue: [(region: Int, label: UInt8)]
  var structures: [Structure]

  /// Paints the scene on a grid.
  ///
  /// The displacement [3, D, H, W] moves the place of each voxel before the solids are asked; the argmax of the cells
  /// [n, D, H, W] is the tissue; the roughness [2, D, H, W], noise of deviation 1, moves the surfaces, the structures
  /// taking turns between the two.
  func painted(
    on grid: PhantomGrid, displacement: Tensor, cells: Tensor, roughness: Tensor
  ) -> Painting {
    let count = grid.count
    var painting = Painting(
      regions: [UInt8](repeating: 0, count: count), labels: [UInt8](repeating: 0, count: count),
      depths: [Float](repeating: 0, count: count))
    paintTissue(cells, into: &painting, count)
    let margin = displacement.withPointer { values in
      (0..<displacement.count).reduce(Float(0)) { max($0, abs(values[$1])) }
    }
    let canvas = Canvas(
      grid: grid, displacement: displacement, roughness: roughness, margin: 1.8 * margin)
    if let body {
      canvas.clear(outside: body, &painting)
    }
    for (turn, structure) in structures.enumerated() {
      canvas.paint(structure, turn: turn, &painting)
    }
    return painting
  }

  private func paintTissue(_ cells: Tensor, into painting: inout Painting, _ count: Int) {
    cells.withPointer { fields in
      for k in 0..<count {
        var best = 0
        for field in 1..<max(1, tissue.count)
        where fields[field * count + k] > fields[best * count + k] {
          best = field
        }
        painting.regions[k] = UInt8(tissue[best].region)
        painting.labels[k] = tissue[best].label
        painting.depths[k] = 0
      }
    }
  }
}

/// The grid with its displaced places, row by row.
private struct Canvas {
  let grid: PhantomGrid
  let displacement: Tensor
  let roughness: Tensor
  let margin: Float

  /// Calls `visit(first voxel, count, implicit values, places)` for each row of a structure's box.
  private func rows(
    of structure: PhantomScene.Structure, turn: Int, box: PhantomBox,
    _ visit: (Int, Int, UnsafePointer<Float>, UnsafePointer<Float>) -> Void
  ) {
    guard !box.isEmpty else { return }
    let (wide, total) = (box.x.count, grid.count)
    let scratch = UnsafeMutablePointer<Float>.allocate(capacity: 4 * wide)
    defer { scratch.deallocate() }
    let (x, y, z, f) = (scratch, scratch + wide, scratch + 2 * wide, scratch + 3 * wide)
    let step = grid.steps.x
    withPointers(displacement, roughness) { moved, rough in
      for slice in box.z {
        for row in box.y {
          let first = (slice * grid.height + row) * grid.width + box.x.lowerBound
          let start =
            grid.origin + grid.steps.z * Float(slice) + grid.steps.y * Float(row)
            + step * Float(box.x.lowerBound)
          for k in 0..<wide {
            x[k] = start.x + Float(k) * step.x + moved[first + k]
            y[k] = start.y + Float(k) * step.y + moved[total + first + k]
            z[k] = start.z + Float(k) * step.z + moved[2 * total + first + k]
          }
          structure.shape.values(x, y, z, count: wide, into: f)
          let noise = rough + turn % 2 * total + first
          for k in 0..<wide { f[k] += structure.roughness * noise[k] }
          visit(first, wide, f, x)
        }
      }
    }
  }

  /// Makes everything outside the body region 0, and its rim the shell.
  func clear(outside body: PhantomScene.Structure, _ painting: inout PhantomScene.Painting) {
    let all = PhantomBox(z: 0..<grid.depth, y: 0..<grid.height, x: 0..<grid.width)
    rows(of: body, turn: 0, box: all) { first, wide, f, _ in
      for k in 0..<wide {
        if f[k] >= 0 {
          painting.regions[first + k] = 0
          painting.labels[first + k] = 0
        } else if let rim = body.rim, f[k] > -rim.depth {
          painting.regions[first + k] = UInt8(rim.region)
          painting.labels[first + k] = rim.label
        }
      }
    }
  }

  func paint(
    _ structure: PhantomScene.Structure, turn: Int, _ painting: inout PhantomScene.Painting
  ) {
    let box = structure.shape.box(in: grid, margin: margin)
    var allowed = [Bool](repeating: structure.within.isEmpty, count: 256)
    allowed[0] = false
    for region in structure.within { allowed[region] = true }
    rows(of: structure, turn: turn, box: box) { first, wide, f, places in
      for k in 0..<wide where f[k] < 0 && allowed[Int(painting.regions[first + k])] {
        var (region, label) = (structure.region, structure.label)
        if let rim = structure.rim, f[k] > -rim.depth {
          (region, label) = (rim.region, rim.label)
        } else if structure.isHollow {
          continue
        } else if let division = structure.division {
          let place = SIMD3(places[k], places[wide + k], places[2 * wide + k])
          if dot(place - division.place, division.normal) > 0 {
            (region, label) = (division.region, division.label)
          }
        }
        painting.regions[first + k] = UInt8(region)
        painting.labels[first + k] = label
        painting.depths[first + k] = -f[k]
      }
    }
  }
}
