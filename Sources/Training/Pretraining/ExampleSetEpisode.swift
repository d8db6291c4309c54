import Exemplars
import Inference
import SegmentAnything
import Tensors
import Volumes

/// A generated task, and which of its subjects ask about it and which are its exemplars.
struct ExampleSetEpisode {
  /// The most classes that are asked for at once.
  static let mostClasses = 5
  /// How many subjects of a task ask, at most.
  static let mostQueries = 3
  /// Of how many tasks, as a share, any part of the anatomy may be asked for, be it labelled or not.
  static let shareOfParts: Float = 0.35

  /// The subjects with the classes asked for.
  let subjects: [ExampleSlice]
  /// For each query its subject and its exemplars.
  let questions: [(query: Int, exemplars: [Int])]

  /// The episode of a task of `count` subjects at most; `embedding` gives that of an image [3, S, S].
  init(
    task index: Int, recipe: PretrainingRecipe, size: Int, grid: Int,
    embedding: (Tensor) -> Tensor
  ) {
    var random = Random(seed: recipe.seed).split("example sets", index)
    let count = Int.random(in: 2...recipe.subjects, using: &random)
    let episode = Episode(
      task: index, seed: recipe.seed, count: count, size: size, side: 4 * grid)
    let asked = ExampleSetEpisode.asked(of: episode, using: &random)
    subjects = ExampleSetEpisode.slices(episode, asked, grid: grid, embedding: embedding)
    questions = (0..<min(count, ExampleSetEpisode.mostQueries)).map { query in
      let others = (0..<count).filter { $0 != query }.shuffled(using: &random)
      let taken = Int.random(in: 1...others.count, using: &random)
      return (query, Array(others.prefix(taken)))
    }
  }

  /// The episode a network is judged by: subject 0 asks, the next ones are its exemplars, the given numbers of them.
  init(
    judging index: Int, recipe: PretrainingRecipe, size: Int, grid: Int, counts: [Int],
    embedding: (Tensor) -> Tensor
  ) {
    let most = counts.max() ?? 1
    let episode = Episode(
      task: index, seed: recipe.seed, count: 1 + most, size: size, side: 4 * grid)
    let labels = Set(episode.subjects[1].labels).subtracting([0]).sorted()
    subjects = ExampleSetEpisode.slices(episode, labels, grid: grid, embedding: embedding)
    questions = counts.map { (0, Array(1...$0)) }
  }

  /// The parts asked for: some of those that the first subject shows, labelled ones in most tasks.
  private static func asked(of episode: Episode, using random: inout Random) -> [UInt8] {
    let anyPart = random.uniform() < shareOfParts
    var counts = [Int](repeating: 0, count: 256)
    for subject in episode.subjects { for part in subject.parts { counts[Int(part)] += 1 } }
    let least = PixelGroups.fewest * episode.subjects.count
    let found = (1...UInt8.max).filter {
      counts[Int($0)] >= least && (anyPart || PhantomSlice.label(ofPart: $0) > 0)
    }.shuffled(using: &random)
    guard !found.isEmpty else { return [] }
    let wanted = Int.random(in: 1...min(mostClasses, found.count), using: &random)
    return found.prefix(wanted).sorted()
  }

  private static func slices(
    _ episode: Episode, _ asked: [UInt8], grid: Int, embedding: (Tensor) -> Tensor
  ) -> [ExampleSlice] {
    // Parts begin with 1; what is not asked for counts as 0.
    let chosen = [0] + asked
    return episode.subjects.enumerated().map { number, subject in
      ExampleSlice(
        caseName: "\(number)", place: nil, embedding: embedding(subject.input),
        classes: PixelGroups.indices(of: subject.parts, in: chosen), grid: grid,
        count: asked.count + 1)
    }
  }
}
