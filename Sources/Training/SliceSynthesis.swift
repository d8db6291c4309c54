import Exemplars
import Foundation
import Synchronization
import Tensors
import Volumes

/// New slices from the slices of a run, as the recipe's `synthesis` says.
///
/// A slice larger than the model's image is first shrunk to it, so that none takes longer than the model can show.
/// A slice is morphed with slices of other cases that lie at the same place of the labelled part: of labelled slice `i` of `n`
/// the partner in a case of `m` is number `(i + ½) m / n`. Slices without a label have no partners.
final class SliceSynthesis: Sendable {
  private let synthesis: Synthesis
  private let seed: UInt64
  private let size: Int
  private let slices: [TrainingSlice]
  private let partners: [[Int]]
  private let registrations = Registrations()
  private let descriptions = Mutex<[Int: String]>([:])
  private let counts = Mutex(SynthesisTally())

  /// The synthesis of a recipe from its slices; nil where it asks for none.
  ///
  /// - Throws: `RecipeError.conflict` where morphs alone are asked for and there is one exemplar.
  init?(_ recipe: Recipe, _ slices: [TrainingSlice], size: Int) throws(RecipeError) {
    guard let settings = recipe.synthesis else { return nil }
    synthesis = Synthesis(kinds: settings.kinds)
    seed = recipe.seed
    self.size = size
    self.slices = slices
    partners = SliceSynthesis.partners(among: slices)
    let cases = Set(slices.map(\.caseID)).count
    guard !synthesis.kinds(exemplars: cases).isEmpty else {
      throw .conflict(
        file: recipe.pack,
        reason: """
          synthesis.kinds is morph alone, which needs two exemplars, and the pack has one training case; add other kinds \
          or exemplars.
          """)
    }
  }

  /// What the user should know beforehand: whether a kind falls away.
  var note: String? {
    let isAlone = Set(slices.map(\.caseID)).count < 2
    return synthesis.kinds.contains(.morph) && isAlone
      ? "The kind morph of synthesis falls away: it needs two exemplars, and there is one." : nil
  }

  /// What was made since this was last asked.
  func takeTally() -> SynthesisTally {
    counts.withLock { counts in
      defer { counts = SynthesisTally() }
      return counts
    }
  }

  /// New slice `number` of a slice; with `labelOnly` its label is right and its image is not.
  func callAsFunction(
    _ slice: Int, _ number: Int, labelOnly: Bool
  ) -> (image: Tensor, label: ByteImage) {
    let exemplar = annotated(slice)
    let made = synthesis(
      exemplar, seed: seed, name: name(slice), index: number, partners: partners[slice].count,
      labelOnly: labelOnly
    ) { partner in
      let other = partners[slice][partner]
      return registrations.pair(
        exemplar, named: name(slice), with: annotated(other), named: name(other))
    }
    if !labelOnly { counts.withLock { $0.add(made.refusals, missed: made.missed) } }
    let (channels, fitted) = (slices[slice].image.shape[0], fitted(slice))
    return (
      made.image.image.reshaped([channels, fitted.height, fitted.width]),
      ByteImage(height: fitted.height, width: fitted.width, values: made.image.label)
    )
  }

  /// The size a slice has here.
  private func fitted(_ slice: Int) -> PlaneSize {
    let shape = slices[slice].image.shape
    let own = PlaneSize(height: shape[1], width: shape[2])
    return max(own.height, own.width) > size ? ByteImage.longestSide(size, of: own) : own
  }

  private func annotated(_ slice: Int) -> AnnotatedImage {
    let (image, label) = (slices[slice].image, slices[slice].label)
    let fitted = fitted(slice)
    let zoom = PixelMap.zoom(
      from: PlaneSize(height: label.height, width: label.width), to: fitted)
    return AnnotatedImage(
      slice: image.resized(height: fitted.height, width: fitted.width, antialias: true),
      label: zoom(label))
  }

  private func name(_ slice: Int) -> String { "\(slices[slice].caseID) \(slices[slice].position)" }

  /// All that a new slice depends on beside its slice's image: how it is made, its number, the labels, and the partners of
  /// morphs.
  func description(of slice: Int, _ number: Int) throws -> String {
    if let known = descriptions.withLock({ $0[slice] }) { return "\(known) \(number)" }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let kinds = String(decoding: try encoder.encode(synthesis), as: UTF8.self)
    let label = EmbeddingKey.digest(ofLabel: slices[slice].label)
    let others = (synthesis.kinds.contains(.morph) ? partners[slice] : []).map {
      "\(name($0)) \(EmbeddingKey.digest(of: slices[$0].image)) "
        + EmbeddingKey.digest(ofLabel: slices[$0].label)
    }
    let description =
      " synthesis 1 \(kinds) \(seed) \(name(slice)) \(label) [\(others.joined(separator: ", "))]"
    descriptions.withLock { $0[slice] = description }
    return "\(description) \(number)"
  }

  private static func partners(among slices: [TrainingSlice]) -> [[Int]] {
    var labelled: [String: [Int]] = [:]
    for index in slices.indices where slices[index].label.values.contains(where: { $0 != 0 }) {
      labelled[slices[index].caseID, default: []].append(index)
    }
    let others = labelled.sorted { $0.key < $1.key }
    var partners = [[Int]](repeating: [], count: slices.count)
    for (id, own) in others {
      for (rank, index) in own.enumerated() {
        partners[index] = others.filter { $0.key != id }.map { _, slices in
          slices[(2 * rank + 1) * slices.count / (2 * own.count)]
        }
      }
    }
    return partners
  }
}
