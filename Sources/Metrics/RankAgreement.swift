/// Spearman's correlation of pairs: Pearson's of their ranks, equal values sharing the mean of theirs.
///
/// Nil below two pairs and where all values of one side are equal.
public func rankCorrelation(_ first: [Double], _ second: [Double]) -> Double? {
  precondition(
    first.count == second.count,
    "rank correlation: \(first.count) values cannot be paired with \(second.count)")
  let middle = Double(first.count + 1) / 2
  let (one, other) = (ranks(of: first), ranks(of: second))
  var (common, own, others) = (0.0, 0.0, 0.0)
  for (one, other) in zip(one, other) {
    common += (one - middle) * (other - middle)
    own += (one - middle) * (one - middle)
    others += (other - middle) * (other - middle)
  }
  guard own > 0, others > 0 else { return nil }
  return common / (own * others).squareRoot()
}

/// The area under the receiver operating characteristic of a score that shall be larger for what is sought.
///
/// It is the share of pairs of a sought and another one in which the sought one scores more, a tie counting half; nil
/// where either kind is missing.
public func areaUnderCurve(sought: [Double], others: [Double]) -> Double? {
  guard !sought.isEmpty, !others.isEmpty else { return nil }
  let sum = ranks(of: sought + others).prefix(sought.count).reduce(0, +)
  let (count, rest) = (Double(sought.count), Double(others.count))
  return (sum - count * (count + 1) / 2) / (count * rest)
}

/// The rank of each value from 1 on, equal values sharing the mean of theirs.
private func ranks(of values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    let value = values[order[start]]
    let end = order[start...].firstIndex { values[$0] != value } ?? order.count
    for place in order[start..<end] { ranks[place] = Double(start + 1 + end) / 2 }
    start = end
  }
  return ranks
}
