/// What a column of values comes to, and over how many of them: undefined values are left out and counted.
public struct Statistics: Sendable, Equatable {
  /// How many values there are, undefined ones included.
  public let total: Int
  /// The defined values, ascending.
  public let values: [Double]

  /// Takes the values of all cases; nil stands for an undefined one.
  public init(_ values: [Double?]) {
    total = values.count
    self.values = values.compactMap { $0 }.sorted()
  }

  /// How many values are defined.
  public var used: Int { values.count }

  /// The mean of the defined values; nil when there is none.
  public var mean: Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The sample's standard deviation (over n - 1); nil below two values.
  public var standardDeviation: Double? {
    guard let mean, values.count > 1 else { return nil }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The median; nil when no value is defined.
  public var median: Double? { quantile(0.5, of: values) }

  /// The first and third quartile, with linear interpolation; nil when no value is defined.
  public var quartiles: (lower: Double, upper: Double)? {
    guard let lower = quantile(0.25, of: values), let upper = quantile(0.75, of: values)
    else { return nil }
    return (lower, upper)
  }
}
