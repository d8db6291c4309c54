import Foundation
import Tensors

/// A solid of a scene: a union of bent ellipsoids and of tubes along a path.
///
/// Its implicit function is negative inside; for an ellipsoid it runs from -1 at the centre to 0 at the surface.
struct PhantomShape: Sendable {
  /// An ellipsoid bent like a banana: `u` moves by `bend · v²` before u² + v² + w² is taken.
  struct Ellipsoid: Sendable {
    var center: SIMD3<Float>
    var radii: SIMD3<Float>
    /// The directions of u, v and w, of length 1.
    var axes: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)
    var bend: Float = 0

    /// An ellipsoid turned about z by an angle in radians.
    init(_ center: SIMD3<Float>, _ radii: SIMD3<Float>, angle: Float = 0, bend: Float = 0) {
      self.center = center
      self.radii = radii
      self.bend = bend
      axes = (
        SIMD3(cosine(angle), sine(angle), 0), SIMD3(-sine(angle), cosine(angle), 0),
        SIMD3(0, 0, 1)
      )
    }
  }

  var ellipsoids: [Ellipsoid] = []
  /// The places and radii (x, y, z, r) a tube passes through, in order.
  var path: [SIMD4<Float>] = []

  init(_ ellipsoids: [Ellipsoid]) { self.ellipsoids = ellipsoids }

  /// A tube along a smooth curve through the given places with radii.
  init(tube places: [SIMD4<Float>]) {
    guard places.count > 2 else {
      path = places
      return
    }
    for k in 0..<places.count - 1 {
      let (a, b) = (places[max(k - 1, 0)], places[k])
      let (c, d) = (places[k + 1], places[min(k + 2, places.count - 1)])
      // Catmull and Rom's spline through b and c.
      let slope = (c - a) / 2
      let square: SIMD4<Float> = a - b * 2.5 + c * 2 - d / 2
      let cube: SIMD4<Float> = (d - a) / 2 + (b - c) * 1.5
      for step in 0..<3 {
        let t = Float(step) / 3
        path.append(b + (slope + (square + cube * t) * t) * t)
      }
    }
    path.append(places[places.count - 1])
  }

  /// The shape moved, and grown by a factor about its own middle.
  func moved(by shift: SIMD3<Float>, scaledBy factor: Float, turnedBy angle: Float) -> PhantomShape
  {
    let middle = center
    func turned(_ v: SIMD3<Float>) -> SIMD3<Float> {
      SIMD3(
        cosine(angle) * v.x - sine(angle) * v.y, sine(angle) * v.x + cosine(angle) * v.y, v.z)
    }
    var result = self
    for k in ellipsoids.indices {
      let part = ellipsoids[k]
      result.ellipsoids[k].center = middle + turned(part.center - middle) * factor + shift
      result.ellipsoids[k].radii = part.radii * factor
      result.ellipsoids[k].axes = (
        turned(part.axes.0), turned(part.axes.1), turned(part.axes.2)
      )
    }
    for k in path.indices {
      let place = SIMD3(path[k].x, path[k].y, path[k].z)
      let moved = middle + turned(place - middle) * factor + shift
      result.path[k] = SIMD4(moved, path[k].w * factor)
    }
    return result
  }

  /// The shape seen in a mirror at x = 0.
  var mirrored: PhantomShape {
    var result = self
    func flipped(_ v: SIMD3<Float>) -> SIMD3<Float> { SIMD3(-v.x, v.y, v.z) }
    for k in ellipsoids.indices {
      let part = ellipsoids[k]
      result.ellipsoids[k].center = flipped(part.center)
      result.ellipsoids[k].axes = (
        flipped(part.axes.0), flipped(part.axes.1), flipped(part.axes.2)
      )
    }
    for k in path.indices { result.path[k].x = -path[k].x }
    return result
  }

  /// The voxels the shape can reach when places are displaced by at most `margin`.
  func box(in grid: PhantomGrid, margin: Float) -> PhantomBox {
    var box = PhantomBox(z: 0..<0, y: 0..<0, x: 0..<0)
    for part in ellipsoids {
      let bent = abs(part.bend) * part.radii.x
      let reach = 1.1 * part.radii.max() + bent + margin
      box = box.joined(grid.box(around: part.center, radius: reach))
    }
    for ball in path {
      let place = SIMD3(ball.x, ball.y, ball.z)
      box = box.joined(grid.box(around: place, radius: 1.2 * ball.w + margin))
    }
    return box
  }

  /// The implicit function at `count` places given by their coordinates.
  func values(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ z: UnsafePointer<Float>, count: Int,
    into f: UnsafeMutablePointer<Float>
  ) {
    for k in 0..<count { f[k] = 1e9 }
    for part in ellipsoids {
      let (ax, ay, az) = (
        part.axes.0 / part.radii.x, part.axes.1 / part.radii.y, part.axes.2 / part.radii.z
      )
      let (cx, cy, cz) = (part.center.x, part.center.y, part.center.z)
      let bend = part.bend
      for k in 0..<count {
        let (dx, dy, dz) = (x[k] - cx, y[k] - cy, z[k] - cz)
        let v = ay.x * dx + ay.y * dy + ay.z * dz
        let w = az.x * dx + az.y * dy + az.z * dz
        let u = ax.x * dx + ax.y * dy + ax.z * dz + bend * (v * v - 0.3)
        let value = u * u + v * v + w * w - 1
        f[k] = value < f[k] ? value : f[k]
      }
    }
    for (a, b) in zip(path, path.dropFirst()) {
      let (ex, ey, ez) = (b.x - a.x, b.y - a.y, b.z - a.z)
      let scale = 1 / max(ex * ex + ey * ey + ez * ez, 1e-12)
      for k in 0..<count {
        let (dx, dy, dz) = (x[k] - a.x, y[k] - a.y, z[k] - a.z)
        let along = (dx * ex + dy * ey + dz * ez) * scale
        let t = along < 0 ? 0 : along > 1 ? 1 : along
        let (qx, qy, qz) = (dx - t * ex, dy - t * ey, dz - t * ez)
        let radius = a.w + t * (b.w - a.w)
        let value = (qx * qx + qy * qy + qz * qz) / (radius * radius) - 1
        f[k] = value < f[k] ? value : f[k]
      }
    }
  }
}

@inline(__always) func sine(_ angle: Float) -> Float { Float(sin(Double(angle))) }
@inline(__always) func cosine(_ angle: Float) -> Float { Float(cos(Double(angle))) }
