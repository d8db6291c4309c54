import Exemplars
import Foundation
import Tensors
import Volumes

/// Annotated images with closed forms: bright ellipses in a darker body on black, in a plane or in space.
struct SynthesisSample {
  var extents = [1, 48, 64]
  /// Centre (along D, H, W, as shares of the extents), half axes (as shares), and class of each ellipse.
  var ellipses: [(centre: [Float], axes: [Float], label: UInt8)] = [
    ([0.5, 0.4, 0.35], [0.3, 0.12, 0.1], 1), ([0.5, 0.6, 0.66], [0.3, 0.1, 0.12], 2),
  ]
  /// How bright the background of the body and each class are; class k is `levels[k]`.
  var levels: [Float] = [300, 700, 900]

  var image: AnnotatedImage {
    let lattice = Lattice(extents: extents, spacing: [1, 1, 1])
    var label = [UInt8](repeating: 0, count: lattice.count)
    let values = (0..<lattice.count).map { at -> Float in
      let place = [at / (extents[1] * extents[2]), at / extents[2] % extents[1], at % extents[2]]
      func distance(_ centre: [Float], _ axes: [Float]) -> Float {
        (0..<3).filter { extents[$0] > 1 }.reduce(0) { sum, axis in
          let x = (Float(place[axis]) + 0.5) / Float(extents[axis]) - centre[axis]
          return sum + x * x / (axes[axis] * axes[axis])
        }
      }
      guard distance([0.5, 0.5, 0.5], [0.48, 0.45, 0.45]) < 1 else { return 0 }
      for ellipse in ellipses where distance(ellipse.centre, ellipse.axes) < 1 {
        label[at] = ellipse.label
      }
      // A texture of whole numbers, so that patches can be told apart.
      return levels[Int(label[at])] + Float((at * 7919) % 23)
    }
    return AnnotatedImage(
      image: Tensor([1] + extents, values), label: label, lattice: lattice)
  }

  static let space = SynthesisSample(extents: [12, 24, 28])
}

/// The number of voxels of each class.
func classCounts(_ label: [UInt8]) -> [UInt8: Int] {
  label.reduce(into: [:]) { $0[$1, default: 0] += 1 }
}
