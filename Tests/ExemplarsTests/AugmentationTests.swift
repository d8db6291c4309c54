import Exemplars
import TestKit
import Tensors
import Testing
import Volumes

struct AugmentationTests {
  /// A slice whose label is 1 where the image is bright.
  private func slice(_ height: Int, _ width: Int) -> (Tensor, ByteImage) {
    let inside = (0..<height * width).map { at -> Bool in
      let (y, x) = (at / width - height / 3, at % width - width / 2)
      return y * y + x * x < height * width / 20
    }
    return (
      Tensor([1, height, width], inside.map { $0 ? 1 : 0 }),
      ByteImage(height: height, width: width, values: inside.map { $0 ? 1 : 0 })
    )
  }

  private func variant(
    _ kind: Augmentation, _ index: Int, seed: UInt64 = 7, case name: String = "c",
    slice place: Int = 3
  ) -> (image: Tensor, label: ByteImage) {
    let (image, label) = slice(40, 40)
    return kind(image: image, label: label, seed: seed, case: name, slice: place, variant: index)
  }

  @Test(arguments: [Augmentation.samed, .free(FreeAugmentation())])
  func `a variant depends on seed, case, slice and number, and on nothing else`(
    kind: Augmentation
  ) {
    for index in 0..<20 {
      let (one, again) = (variant(kind, index), variant(kind, index))
      #expect(one.image == again.image && one.label == again.label)
    }
    func differs(_ other: (Int) -> (image: Tensor, label: ByteImage)) -> Bool {
      (1..<20).contains { variant(kind, $0).image != other($0).image }
    }
    #expect(differs { variant(kind, $0, seed: 8) })
    #expect(differs { variant(kind, $0, case: "d") })
    #expect(differs { variant(kind, $0, slice: 4) })
    #expect(differs { variant(kind, $0 + 1) })
  }

  @Test func `SAMed's transforms come with SAMed's probabilities`() {
    var random = Random(seed: 1)
    var counts: [String: Int] = [:]
    var degrees: Set<Int> = []
    for _ in 0..<40000 {
      switch SAMedTransform.drawn(using: &random) {
      case .unchanged: counts["unchanged", default: 0] += 1
      case .turned(let quarters, let flip): counts["\(quarters) \(flip)", default: 0] += 1
      case .rotated(let angle):
        counts["rotated", default: 0] += 1
        degrees.insert(angle)
      }
    }
    #expect(degrees == Set(-20..<20))
    for name in ["unchanged", "rotated"] { #expect(abs((counts[name] ?? 0) - 10000) < 500) }
    for quarters in 0..<4 {
      for flip in 0..<2 { #expect(abs((counts["\(quarters) \(flip)"] ?? 0) - 2500) < 300) }
    }
  }

  @Test func `SAMed moves image and label alike`() {
    for index in 0..<40 {
      let found = variant(.samed, index)
      #expect(found.image.values == found.label.values.map { Float($0) })
    }
  }

  @Test func `a quarter turn exchanges the sides of a slice that is not square`() {
    let map = SAMedTransform.turned(quarters: 1, flip: 0).map(of: PlaneSize(height: 6, width: 5))
    #expect(map.size == PlaneSize(height: 5, width: 6))
  }

  @Test func `the free set keeps image and label together`() {
    var shape = FreeAugmentation()
    (shape.gamma, shape.contrast, shape.brightness, shape.noise) = (1, 1, 0, 0)
    for index in 1..<20 {
      let found = variant(.free(shape), index)
      let differing = zip(found.image.values, found.label.values).count {
        abs($0 - Float($1)) > 0.75
      }
      #expect(differing == 0)
      #expect(found.label.values.contains(1))
    }
  }

  @Test func `without ranges the free set changes nothing`() {
    var still = FreeAugmentation()
    (still.rotationInDegrees, still.scale, still.shift, still.elastic) = (0, 1, 0, 0)
    (still.gamma, still.contrast, still.brightness, still.noise) = (1, 1, 0, 0)
    let (image, label) = slice(40, 40)
    let found = variant(.free(still), 5)
    #expect(found.label == label)
    #expect(zip(found.image.values, image.values).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `the first of the free variants is the slice itself`() {
    let (image, label) = slice(40, 40)
    let found = variant(.free(FreeAugmentation()), 0)
    #expect(found.image == image && found.label == label)
  }
}
