import Foundation
import Metrics
import Tensors

/// How long steps take: the first that see a variant of a slice longer than those that see it again.
///
/// Targets of stored variants are made when they are first seen and kept. Of V variants, drawn anew at every visit, n visits
/// are expected to see V (1 - (1 - 1/V)^n) different ones.
package struct StepPace {
  /// The seconds of a step whose variants are all new.
  package let fresh: Double
  /// The seconds of a step whose variants were all seen before.
  package let again: Double
  /// How many variants there are; nil where every visit has one of its own.
  package let variants: Int?
  /// The images of a step.
  package let batch: Int

  /// The pace of steps of `batch` images; `variants` is nil where every visit has a variant of its own.
  package init(fresh: Double, again: Double, variants: Int?, batch: Int) {
    self.fresh = fresh
    self.again = again
    self.variants = variants
    self.batch = batch
  }

  /// The seconds of the first steps.
  package func seconds(of steps: Int) -> Double {
    guard let variants, variants > 0 else { return Double(steps) * fresh }
    let (visits, all) = (Double(steps * batch), Double(variants))
    let seen = -all * expm1(visits * log1p(-1 / max(all, 2)))
    return Double(steps) * again + min(seen, all, visits) / Double(batch) * (fresh - again)
  }

  /// How many steps fit into a time, at least one.
  package func steps(within limit: Double) -> Int {
    let slowest = max(fresh, again, 1e-6)
    let most = max(1, min(limit / max(min(fresh, again), 1e-6), 1e12))
    var (low, high) = (max(1, Int(min(limit / slowest, 1e12))), Int(most) + 1)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if seconds(of: middle) <= limit { low = middle } else { high = middle }
    }
    return low
  }
}

extension RunParts {
  /// How long steps take, by some that are not taken: two or more, until half of `limit` is over, then the same again.
  func pace(
    within limit: Double, by clock: () -> Double = { ProcessClock.wall }, standIn: Tensor? = nil
  ) throws -> StepPace {
    func seconds(ofStep step: Int) throws -> Double {
      let start = clock()
      let images = try images(ofStep: step, standIn: standIn)
      _ = BatchPass(segmenter, images, Objective(loss: recipe.loss)).gradients()
      return clock() - start
    }
    // The first is for the weights to come into memory.
    _ = try seconds(ofStep: 0)
    var fresh: [Double] = []
    while fresh.count < 2 || fresh.reduce(0, +) < limit / 2 {
      fresh.append(try seconds(ofStep: fresh.count + 1))
    }
    var again = fresh
    if fill != nil { again = try fresh.indices.map { try seconds(ofStep: $0 + 1) } }
    return StepPace(
      fresh: Statistics(fresh).median ?? 0, again: Statistics(again).median ?? 0,
      variants: fill == nil ? nil : storedNames.count, batch: recipe.batch)
  }
}
