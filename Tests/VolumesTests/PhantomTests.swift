import TestKit
import Tensors
import Testing
import Volumes

struct PhantomSliceTests {
  @Test func `a slice is a function of seed and number, whatever thread draws it`() {
    let slices = PhantomSlices(seed: 11, size: 64)
    let one = (0..<8).map { slices[$0] }
    var other = [PhantomSlice?](repeating: nil, count: 8)
    other.withUnsafeMutableBufferPointer { other in
      parallel(8) { other[7 - $0] = slices[7 - $0] }
    }
    for (a, b) in zip(one, other) { #expect(a.image == b?.image && a.label == b?.label) }
    #expect(slices[0].image != slices[1].image)
    #expect(slices[0].image != PhantomSlices(seed: 12, size: 64)[0].image)
  }

  @Test(arguments: [32, 96, 128])
  func `images lie in 0 to 1 and labels in the task's classes`(size: Int) {
    for index in 0..<20 {
      let task = PhantomTask(seed: 2, index: index, size: size)
      #expect((1...8).contains(task.classes))
      let slice = task.subject(1)
      #expect(slice.image.shape == [3, size, size])
      #expect(slice.image.values.allSatisfy { (0...1).contains($0) })
      #expect(slice.label.values.allSatisfy { Int($0) <= task.classes })
    }
  }

  @Test func `a label lies at about the same place in every subject of a task`() {
    var near = 0
    var all = 0
    for index in 0..<20 {
      let task = PhantomTask(seed: 6, index: index, size: 64)
      let (one, other) = (centers(task.subject(0)), centers(task.subject(1)))
      for (label, center) in one {
        guard let twin = other[label] else { continue }
        all += 1
        let away = center - twin
        near += (away * away).sum() < 100 ? 1 : 0
      }
    }
    #expect(all > 40)
    #expect(Double(near) > 0.9 * Double(all))
  }

  @Test func `most structures can be told from what surrounds them`() {
    var visible = 0
    var all = 0
    for index in 0..<60 {
      let slice = PhantomSlices(seed: 8, size: 96)[index]
      for label in Set(slice.label.values) where label > 0 {
        guard let contrast = contrast(of: label, in: slice) else { continue }
        all += 1
        visible += contrast > 0.03 ? 1 : 0
      }
    }
    #expect(all > 120)
    #expect(Double(visible) > 0.8 * Double(all), "\(visible) of \(all)")
  }

  @Test func `a contact sheet shows image and labels side by side`() {
    let sheet = PhantomSlices(seed: 1, size: 32).contactSheet(rows: 2, columns: 3)
    #expect(sheet.height == 64 && sheet.width == 192 && sheet.channels == 3)
  }

  private func centers(_ slice: PhantomSlice) -> [UInt8: SIMD2<Double>] {
    var sums: [UInt8: SIMD3<Double>] = [:]
    for (place, label) in slice.label.values.enumerated() where label > 0 {
      let (y, x) = (place / slice.label.width, place % slice.label.width)
      sums[label, default: SIMD3()] += SIMD3(Double(y), Double(x), 1)
    }
    return sums.filter { $0.value.z > 30 }.mapValues { SIMD2($0.x, $0.y) / $0.z }
  }

  /// The largest difference of any channel's mean inside a label from that within 3 pixels around it.
  private func contrast(of label: UInt8, in slice: PhantomSlice) -> Float? {
    let (h, w) = (slice.label.height, slice.label.width)
    var inside: [Int] = []
    var around: [Int] = []
    for place in 0..<h * w {
      if slice.label.values[place] == label {
        inside.append(place)
      } else {
        let (y, x) = (place / w, place % w)
        let isNear = [(-3, 0), (3, 0), (0, -3), (0, 3)].contains { dy, dx in
          (0..<h).contains(y + dy) && (0..<w).contains(x + dx)
            && slice.label[y + dy, x + dx] == label
        }
        if isNear { around.append(place) }
      }
    }
    guard inside.count > 30, around.count > 30 else { return nil }
    return (0..<3).map { channel in
      func mean(_ places: [Int]) -> Float {
        places.reduce(0) { $0 + slice.image[flat: channel * h * w + $1] } / Float(places.count)
      }
      return abs(mean(inside) - mean(around))
    }.max()
  }
}

struct PhantomVolumeTests {
  @Test(arguments: PhantomVolumes.Kind.allCases)
  func `a subject is a function of the seed and its number`(kind: PhantomVolumes.Kind) {
    let scans = PhantomVolumes(kind, seed: 3, extents: SIMD3(40, 36, 14))
    let (one, again) = (scans.subject(2), scans.subject(2))
    #expect(one.image.voxels == again.image.voxels && one.labels == again.labels)
    #expect(one.image.voxels != scans.subject(3).image.voxels)
  }

  @Test(arguments: PhantomVolumes.Kind.allCases)
  func `every label is there, on an anisotropic grid`(kind: PhantomVolumes.Kind) {
    let scans = PhantomVolumes(kind, seed: 4)
    for index in 0..<3 {
      let (image, labels) = scans.subject(index)
      #expect(image.geometry == labels.geometry)
      #expect(image.channels == scans.channelNames.count)
      let counts = labels.counts
      for label in 1...scans.labelNames.count {
        #expect((counts[Int32(label)] ?? 0) > 50, "\(scans.labelNames[label - 1])")
      }
      #expect(image.geometry.spacing.z > 1.5 * image.geometry.spacing.x)
      #expect(image.voxels.values.allSatisfy { $0 == $0.rounded() })
    }
  }

  @Test func `organs lie where they do in a patient`() {
    let labels = PhantomVolumes(.abdomen, seed: 5).subject(0).labels
    #expect(labels.geometry.orientation.codes == "LPS")
    let centers = centers(labels)
    #expect(centers[5].x > 0 && centers[1].x < 0, "the liver is on the right, the spleen left")
    #expect(centers[2].x > centers[7].x && centers[7].x > centers[3].x, "kidneys beside the aorta")
    #expect(centers[6].y > centers[2].y, "the stomach is in front of the kidneys")
    #expect(centers[5].z > centers[2].z, "the liver is above the kidneys")
  }

  @Test func `the enhancing rim shows in the third channel, and outside the brain all is 0`() {
    let (image, labels) = PhantomVolumes(.brain, seed: 5).subject(1)
    let count = labels.values.count
    func mean(_ label: Int32, _ channel: Int) -> Float {
      let places = labels.values.indices.filter { labels.values[$0] == label }
      return places.reduce(0) { $0 + image.voxels[flat: channel * count + $1] }
        / Float(places.count)
    }
    #expect(mean(3, 2) > mean(3, 1) + 200)
    #expect(mean(2, 0) > 700)
    #expect((0..<4).allSatisfy { image.voxels[flat: $0 * count] == 0 })
  }

  private func centers(_ labels: LabelVolume) -> [SIMD3<Double>] {
    let extents = labels.geometry.extents
    var sums = [SIMD4<Double>](repeating: SIMD4(), count: 9)
    for (place, label) in labels.values.enumerated() {
      let index = SIMD3<Double>(
        Double(place % extents.x), Double(place / extents.x % extents.y),
        Double(place / (extents.x * extents.y)))
      sums[Int(label)] += SIMD4(labels.geometry.affine.position(of: index), 1)
    }
    let middle = labels.geometry.affine.position(
      of: SIMD3(Double(extents.x - 1), Double(extents.y - 1), Double(extents.z - 1)) / 2)
    return sums.map { SIMD3($0.x, $0.y, $0.z) / $0.w - middle }
  }
}
