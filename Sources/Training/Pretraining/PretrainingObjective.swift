import Autodiff
import SegmentAnything
import Tensors
import Volumes

/// What an episode asks of the model, and the loss of its answers.
///
/// Each subject's pixels are told apart by their likeness to the parts of the other subjects; each subject's classes are
/// asked for at once, without a prompt, by tokens made of the other subjects' structures, through the first mask
/// token's hypernetwork, which is the path adaptation takes later; and structures of one subject are asked for by prompts,
/// as SAM is.
struct PretrainingObjective {
  /// How the parts of the loss count against each other.
  static let (partWeight, classWeight, promptWeight): (Float, Float, Float) = (1, 1, 0.5)

  let model: Sam
  let heads: PretrainingHeads
  let episode: Episode

  /// The weighed sum of an episode's losses, from which gradients go back, and what it is made of.
  struct Losses {
    var total: Variable
    var scores = Pretrainer.Scores()
  }

  /// The loss of the answers; structures of a random subject are asked for by each of the given kinds of prompts.
  func losses(prompts kinds: [SimulatedPrompt], using random: inout Random) -> Losses {
    let subjects = episode.subjects
    let grid = model.configuration.grid
    let embeddings = subjects.map { model.imageEncoder($0.input) }
    let features = embeddings.map(heads.features)
    var losses = Losses(total: Variable(Tensor(0)))
    let share = 1 / Float(subjects.count)
    let parts = subjects.map { PixelGroups($0.parts, grid: grid) }
    let labels = subjects.map { PixelGroups($0.labels, grid: grid) }
    for index in subjects.indices {
      let others = subjects.indices.filter { $0 != index }
      let part = partLoss(features, parts, index, others)
      losses.scores.parts.add(part.loss, part.agreement)
      losses.total = add(
        losses.total, scale(part.total, by: share * PretrainingObjective.partWeight))
      guard let asked = classLoss(embeddings, labels, index, others) else { continue }
      losses.scores.classes.add(asked.loss, asked.agreement)
      losses.total = add(
        losses.total, scale(asked.total, by: share * PretrainingObjective.classWeight))
    }
    let chosen = Int.random(in: subjects.indices, using: &random)
    let asking = PromptedStructures(
      model: model, embedding: embeddings[chosen], labels: subjects[chosen].labels)
    for kind in kinds {
      guard let answer = asking.loss(kind, using: &random) else { continue }
      losses.scores.prompts[kind, default: Pretrainer.Score()].add(answer.score)
      losses.total = add(
        losses.total,
        scale(answer.total, by: PretrainingObjective.promptWeight / Float(kinds.count)))
    }
    return losses
  }

  private typealias Answer = (total: Variable, loss: Double, agreement: Double)

  /// Cross entropy and Dice of one subject's pixels by their likeness to the parts of the others.
  private func partLoss(
    _ features: [Variable], _ groups: [PixelGroups], _ own: Int, _ others: [Int]
  ) -> Answer {
    let support = PixelGroups(joining: others.map { groups[$0] })
    let (known, present) = (support.counts, groups[own].counts)
    let chosen = (0..<256).filter { max(known[$0], present[$0]) >= PixelGroups.fewest }
    let fromOthers = chosen.filter { known[$0] >= PixelGroups.fewest }.map(UInt8.init)
    let fromOwn = chosen.filter { known[$0] < PixelGroups.fewest }.map(UInt8.init)
    var means = weightedSums(
      joined(others.map { features[$0] }), weights: support.pixelMeans(of: fromOthers))
    if !fromOwn.isEmpty {
      let rest = weightedSums(features[own], weights: groups[own].pixelMeans(of: fromOwn))
      means = concatenate([means, rest], axis: 0)
    }
    let logits = heads.likeness(of: features[own], to: means)
    let target = groups[own].indices(in: fromOthers + fromOwn)
    return answer(reshape(logits, [1, logits.shape[0], target.count, 1]), target)
  }

  /// Cross entropy and Dice of one subject's classes, asked for by tokens of the others' structures.
  private func classLoss(
    _ embeddings: [Variable], _ groups: [PixelGroups], _ own: Int, _ others: [Int]
  ) -> Answer? {
    let support = PixelGroups(joining: others.map { groups[$0] })
    let counts = support.counts
    let chosen = (0..<256).filter { $0 == 0 || counts[$0] >= PixelGroups.fewest }.map(UInt8.init)
    guard chosen.count > 1, counts[0] > 0 else { return nil }
    let rows = others.map { index in
      let embedding = embeddings[index]
      return reshape(embedding, [embedding.shape[1] * embedding.shape[2], embedding.shape[3]])
    }
    let means = weightedSums(joined(rows), weights: support.tokenMeans(of: chosen))
    let tokens = heads.tokens(of: means, single: model.maskDecoder.singleMaskToken)
    let logits = model.masks(of: embeddings[own], classTokens: tokens).masks
    return answer(logits, PixelGroups.indices(of: episode.subjects[own].labels, in: chosen))
  }

  private func joined(_ parts: [Variable]) -> Variable {
    parts.count == 1 ? parts[0] : concatenate(parts, axis: 0)
  }

  private func answer(_ logits: Variable, _ target: [UInt8]) -> Answer {
    let loss = crossEntropyDice(
      logits, labels: target, crossEntropyWeight: 0.5, diceWeight: 0.5)
    return (loss.total, loss.value, PretrainingObjective.agreement(of: logits.value, target))
  }

  /// The mean Dice over the classes but the first that are present, for logits [1, K, ...]; 1 where none is.
  static func agreement(of logits: Tensor, _ target: [UInt8]) -> Double {
    let (classes, pixels) = (logits.shape[1], target.count)
    var both = [Int](repeating: 0, count: classes)
    var either = both
    var wanted = both
    logits.withPointer { logits in
      for at in 0..<pixels {
        var best = 0
        for k in 1..<classes where logits[k * pixels + at] > logits[best * pixels + at] { best = k }
        let right = Int(target[at])
        either[best] += 1
        either[right] += 1
        wanted[right] += 1
        both[right] += best == right ? 1 : 0
      }
    }
    let present = (1..<classes).filter { wanted[$0] > 0 }
    guard !present.isEmpty else { return 1 }
    return present.map { 2 * Double(both[$0]) / Double(either[$0]) }.reduce(0, +)
      / Double(present.count)
  }
}
