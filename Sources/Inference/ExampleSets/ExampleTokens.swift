import Autodiff
import Foundation
import Layers
import Tensors

/// The prompt tokens of a task's classes, made from the exemplars in sight and from the query itself.
struct ExampleTokens {
  let heads: ExampleSetHeads
  /// The token of a single mask, [1, C], from which every class's token starts.
  let single: Variable
  let support: Support

  /// The share below which a class does not have a token's embedding: its logarithm decides nothing.
  private static let leastShare: Float = 1e-9

  /// The tokens of the present classes, [Kp · (T + 1), C]: of all classes what the first query sees, then the second, …,
  /// and at last what the query's image shows where the prior's `shares` [g·g, Kp] are.
  func tokens(query: ExampleQuery, shares: Tensor) -> Variable {
    let (count, width) = (support.present.count, query.embedding.shape[1])
    let rows = ExampleSetHeads.queryCount
    let asked = weightedSums(heads.queries.variable, weights: repeating(rows, each: count))
    let places = (0..<rows * count).flatMap { row in
      (0..<count).map { Float($0 == row % count ? 1 : 0) }
    }
    let seen = recalled(
      concatenate([asked, Variable(Tensor([rows * count, count], places))], axis: 1),
      keys: classKeys(), values: Tensor.concatenated(support.slices.map(\.embedding), axis: 0))
    let own = Variable(ownMeans(query.embedding, shares))
    let tokens = linear(concatenate([seen, own], axis: 0), heads.token.variable)
    let kinds = weightedSums(heads.kinds.variable, weights: repeating(rows + 1, each: count))
    return add(add(tokens, kinds), reshape(single, [width]))
  }

  /// A matrix [rows · each, rows] that repeats every row.
  private func repeating(_ rows: Int, each: Int) -> Tensor {
    Tensor(
      [rows * each, rows],
      (0..<rows * each).flatMap { row in (0..<rows).map { Float($0 == row / each ? 1 : 0) } })
  }

  /// The exemplars' directions beside the logarithms of the shares of each present class, [M, C + Kp].
  private func classKeys() -> Tensor {
    let parts = support.slices.map { slice -> Tensor in
      let tokens = slice.shares.shape[1]
      let logarithms = slice.shares.values.map { Foundation.log(max($0, ExampleTokens.leastShare)) }
      let columns = (0..<tokens).flatMap { token in
        support.present.map { logarithms[$0 * tokens + token] }
      }
      return Tensor.concatenated(
        [slice.directions, Tensor([tokens, support.present.count], columns)], axis: 1)
    }
    return Tensor.concatenated(parts, axis: 0)
  }

  /// The means [Kp, C] of the query's own embedding, weighed by the prior's shares [g·g, Kp] of each class.
  private func ownMeans(_ embedding: Tensor, _ shares: Tensor) -> Tensor {
    let (tokens, count) = (shares.shape[0], shares.shape[1])
    let values = shares.values
    let sums = (0..<count).map { column in
      (0..<tokens).reduce(into: Float(1e-6)) { $0 += values[$1 * count + column] }
    }
    let weights = values.enumerated().map { $1 / sums[$0 % count] }
    return Tensor([tokens, count], weights).transposedTimes(embedding)
  }
}
