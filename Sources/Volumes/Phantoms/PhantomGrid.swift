/// The voxels of a phantom and where they lie in its scene.
///
/// A scene's unit is about half the width of the body: x runs to the right, y to anterior, z to superior.
struct PhantomGrid: Sendable {
  let depth: Int
  let height: Int
  let width: Int
  /// The scene position of voxel (0, 0, 0).
  var origin: SIMD3<Float>
  /// The steps between neighbours along x, y and z, at right angles to each other.
  var steps: (x: SIMD3<Float>, y: SIMD3<Float>, z: SIMD3<Float>)

  var count: Int { depth * height * width }
  var extents: [Int] { [depth, height, width] }

  /// A single slice seen through a view: turned by `angle`, `zoom` scene units wide, about `center`.
  static func slice(
    size: PlaneSize, center: SIMD3<Float>, angle: Float, zoom: Float
  ) -> PhantomGrid {
    let step = 2 * zoom / Float(max(size.height, size.width))
    let x = SIMD3<Float>(cosine(angle), sine(angle), 0) * step
    let y = SIMD3<Float>(-sine(angle), cosine(angle), 0) * -step
    let corner = center - x * (Float(size.width - 1) / 2) - y * (Float(size.height - 1) / 2)
    return PhantomGrid(
      depth: 1, height: size.height, width: size.width, origin: corner,
      steps: (x, y, SIMD3(0, 0, step)))
  }

  /// The voxels within `radius` of a place, as ranges along z, y and x; empty where the ball misses the grid.
  func box(around place: SIMD3<Float>, radius: Float) -> PhantomBox {
    let offset = place - origin
    func range(_ step: SIMD3<Float>, _ count: Int) -> Range<Int> {
      let length = dot(step, step)
      let center = dot(offset, step) / length
      let reach = radius / length.squareRoot()
      let low = min(max(center - reach, 0), Float(count))
      let high = min(max(center + reach + 1, 0), Float(count))
      return Int(low.rounded(.up))..<max(Int(low.rounded(.up)), Int(high))
    }
    return PhantomBox(
      z: range(steps.z, depth), y: range(steps.y, height), x: range(steps.x, width))
  }
}

/// A box of voxels.
struct PhantomBox {
  var z: Range<Int>
  var y: Range<Int>
  var x: Range<Int>

  /// The smallest box that holds both.
  func joined(_ other: PhantomBox) -> PhantomBox {
    if isEmpty { return other }
    if other.isEmpty { return self }
    func both(_ a: Range<Int>, _ b: Range<Int>) -> Range<Int> {
      min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
    }
    return PhantomBox(z: both(z, other.z), y: both(y, other.y), x: both(x, other.x))
  }

  var isEmpty: Bool { z.isEmpty || y.isEmpty || x.isEmpty }
}

@inline(__always)
func dot(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> Float { (a * b).sum() }
