package import Tensors

/// Which samples each step takes: a function of the seed and the step alone, so that a resumed run needs no memory of it.
package struct BatchOrder {
  /// One place in a batch.
  package struct Item: Equatable {
    /// The index of the sample.
    package let sample: Int
    /// How many samples were drawn before it in the run; what is random about a visit is split off by it.
    package let visit: Int
  }

  /// The number of samples.
  package let count: Int
  private let batch: Int
  private let explicit: [[Int]]?
  private let random: Random

  /// An order of `count` samples, or the explicit one.
  package init(
    count: Int, batch: Int, explicit: [[Int]]?, using random: Random
  ) throws(TrainingError) {
    precondition(count > 0 && batch > 0, "BatchOrder: \(count) samples in batches of \(batch)")
    for index in (explicit ?? []).joined() where index >= count {
      throw .sampleIndex(index, count: count)
    }
    self.count = count
    self.batch = batch
    self.explicit = explicit
    self.random = random.split("order")
  }

  /// The samples of a step; passes over the samples follow one another without a gap.
  package func items(ofStep step: Int) -> [Item] {
    if let explicit {
      let before = explicit[..<step].reduce(0) { $0 + $1.count }
      return explicit[step].enumerated().map { Item(sample: $1, visit: before + $0) }
    }
    let first = step * batch
    return (first..<first + batch).map { visit in
      Item(sample: permutation(ofEpoch: visit / count)[visit % count], visit: visit)
    }
  }

  /// The pass a step begins in, from 0.
  package func epoch(ofStep step: Int) -> Int {
    (explicit.map { $0[..<step].reduce(0) { $0 + $1.count } } ?? step * batch) / count
  }

  /// The number of steps of a number of passes.
  package func steps(ofEpochs epochs: Double) -> Int {
    max(1, Int((epochs * Double(count) / Double(batch)).rounded(.up)))
  }

  private func permutation(ofEpoch epoch: Int) -> [Int] {
    var random = random.split("epoch", epoch)
    return Array(0..<count).shuffled(using: &random)
  }
}
