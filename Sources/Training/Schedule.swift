import Foundation

/// The learning rate of each step.
public enum Schedule: Sendable, Equatable {
  /// SAMed's: the rate is set after each step, so steps 0 and 1 both run at `base / warmup`.
  ///
  /// After step i it becomes `base (i + 1) / warmup` while i < warmup, else `base (1 - (i - warmup) / total)^0.9`.
  /// SAMed, `trainer.py`.
  case samed(base: Double, warmup: Int, total: Int)
  /// A linear rise over `warmup` steps, then half a cosine down to 0 at `total`.
  case cosine(base: Double, warmup: Int, total: Int)
  /// One rate for all steps.
  case constant(base: Double)

  /// The rate step `step` (from 0) is taken with.
  public func rate(at step: Int) -> Double {
    switch self {
    case .samed(let base, let warmup, let total):
      if step == 0, warmup == 0 { return base }
      let last = step - 1
      if warmup > 0, last < warmup { return base * Double(max(last + 1, 1)) / Double(warmup) }
      return base * pow(max(0, 1 - Double(last - warmup) / Double(total)), 0.9)
    case .cosine(let base, let warmup, let total):
      if step < warmup { return base * Double(step + 1) / Double(warmup) }
      let share = Double(step - warmup) / Double(max(1, total - warmup))
      return base * 0.5 * (1 + cos(.pi * min(1, share)))
    case .constant(let base):
      return base
    }
  }
}
