/// The p-values of several tests, corrected for their number by Holm's step-down rule; their order stays.
///
/// Of m values in ascending order the i-th (from 0) becomes (m - i) · p, at least the value before it and at most 1. To
/// reject what lies below α then keeps the chance of any false rejection below α, however the tests depend on one
/// another. A test without a p-value stays nil and does not count.
///
/// Holm, A simple sequentially rejective multiple test procedure (1979).
public func holmCorrected(_ pValues: [Double?]) -> [Double?] {
  let ascending = pValues.enumerated()
    .compactMap { index, value in value.map { (index: index, value: $0) } }
    .sorted { $0.value < $1.value }
  precondition(
    ascending.allSatisfy { (0...1).contains($0.value) },
    "Holm: p-values \(pValues) are not all in 0...1")
  var corrected = [Double?](repeating: nil, count: pValues.count)
  var largest = 0.0
  for (place, test) in ascending.enumerated() {
    largest = max(largest, min(1, Double(ascending.count - place) * test.value))
    corrected[test.index] = largest
  }
  return corrected
}
