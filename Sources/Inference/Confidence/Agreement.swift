import Volumes

/// How well two predictions, or the slices of one, agree on a class.
package enum Agreement {
  /// The Dice coefficients of the classes 1 to `count` of two predictions of one volume; nil where both lack a class.
  ///
  ///     2 |A ∩ B| / (|A| + |B|)
  package static func dice(_ one: [UInt8], _ other: [UInt8], classes count: Int) -> [Double?] {
    var (shared, sizes) = ([Int](repeating: 0, count: 256), [Int](repeating: 0, count: 256))
    for (a, b) in zip(one, other) {
      sizes[Int(a)] += 1
      sizes[Int(b)] += 1
      if a == b { shared[Int(a)] += 1 }
    }
    return (1..<count + 1).map {
      sizes[$0] == 0 ? nil : 2 * Double(shared[$0]) / Double(sizes[$0])
    }
  }

  /// How well each slice of a prediction fits between its neighbours, for the classes 1 to `count`.
  ///
  ///     1 - Σ (|M \ (P ∪ N)| + |(P ∩ N) \ M|) / Σ |M|      M a slice's mask, P and N those before and after it
  ///
  /// A body that grows, shrinks or wanders from slice to slice stays between its neighbours however thick the slices are;
  /// what is in one slice only, or missing in one only, does not. At the ends of the volume the neighbour that is not
  /// there is taken to be like the slice. nil where the class is in no slice, or there are fewer than three.
  package static func acrossSlices(_ slices: [[UInt8]], classes count: Int) -> [Double?] {
    guard slices.count > 2 else { return [Double?](repeating: nil, count: count) }
    var (odd, sizes) = ([Int](repeating: 0, count: 256), [Int](repeating: 0, count: 256))
    for index in slices.indices {
      let own = slices[index]
      let before = index > 0 ? slices[index - 1] : own
      let after = index + 1 < slices.count ? slices[index + 1] : own
      for pixel in own.indices {
        let (a, m, b) = (before[pixel], own[pixel], after[pixel])
        sizes[Int(m)] += 1
        guard m != a, m != b else { continue }
        odd[Int(m)] += 1
        if a == b { odd[Int(a)] += 1 }
      }
    }
    return (1..<count + 1).map {
      sizes[$0] == 0 ? nil : max(0, 1 - Double(odd[$0]) / Double(sizes[$0]))
    }
  }
}
