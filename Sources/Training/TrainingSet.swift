import Archives
package import Exemplars
package import Inference
package import Tensors
package import Volumes

/// A slice that is trained on, as it is before it is varied and brought to the model's square.
///
/// Its pixels wait in a spool, so that the memory of a run does not grow with the number of slices.
package struct TrainingSlice {
  /// The name of its case.
  package let caseID: String
  /// Its position among the slices of the case.
  package let position: Int
  private let shape: [Int]
  private let spool: Spool
  private let places: (image: Int, label: Int)

  /// Keeps the pixels of a slice in a spool.
  init(
    caseID: String, position: Int, image: Tensor, label: [UInt8], in spool: Spool
  ) throws {
    self.caseID = caseID
    self.position = position
    self.spool = spool
    shape = image.shape
    let floats = try image.withPointer {
      try spool.append(UnsafeRawBufferPointer(start: $0, count: 4 * image.count))
    }
    places = (floats, try label.withUnsafeBytes { try spool.append($0) })
  }

  /// Its intensities in the model's range, [C, h, w].
  package var image: Tensor {
    let piece = spool.piece(at: places.image, count: 4 * shape.product)
    guard let base = piece.bytes.baseAddress else { return Tensor(zeros: shape) }
    return Tensor(shape, reading: base.assumingMemoryBound(to: Float.self), keptBy: piece)
  }

  /// The class of each pixel.
  package var label: ByteImage {
    let piece = spool.piece(at: places.label, count: shape[1] * shape[2])
    return ByteImage(height: shape[1], width: shape[2], values: [UInt8](piece.bytes))
  }
}

/// What a step takes from a slice: all classes, or one class as an object.
package struct TrainingSample: Equatable {
  /// The index of the slice.
  package let slice: Int
  /// The class that is the object of a prompt; nil without prompts.
  package let object: UInt8?
}

/// The slices and samples of a run, ordered by case, then slice, then class.
package struct TrainingSet {
  /// The slices.
  package let slices: [TrainingSlice]
  /// The samples.
  package let samples: [TrainingSample]

  /// A slice before its image is read.
  private struct Candidate {
    let entry: PackedCase
    let position: Int
    let objects: [UInt8]
  }

  /// Chooses and reads the slices of a pack: of the cases `exemplars`, where they are named, else of the split `train`,
  /// or of all where no case has a split.
  ///
  /// Every slice with a label is taken, and so many without that they have the wanted share; with prompts none without.
  package init(
    _ pack: Pack, preparation: ImagePreparation, emptyShare: Double, prompted: Bool,
    exemplars: [String]? = nil, using random: Random
  ) throws {
    guard (1...3).contains(pack.channels.count) else {
      throw TrainingError.noSamples(
        pack: pack.path,
        reason:
          "its images have \(pack.channels.count) channels and the model takes 1 to 3; pack with --channels"
      )
    }
    let cases = try TrainingSet.cases(of: pack, exemplars: exemplars)
    let candidates = try cases.flatMap { entry in
      try TrainingSet.candidates(entry, in: pack, plane: preparation.plane)
    }
    let chosen = try TrainingSet.chosen(
      candidates, emptyShare: prompted ? 0 : emptyShare, pack: pack.path, using: random)
    slices = try TrainingSet.read(chosen, of: pack, preparation: preparation)
    samples = chosen.enumerated().flatMap { index, candidate in
      prompted
        ? candidate.objects.map { TrainingSample(slice: index, object: $0) }
        : [TrainingSample(slice: index, object: nil)]
    }
  }

  /// The cases that are learned from, in the order of their names.
  package static func cases(of pack: Pack, exemplars: [String]?) throws -> [PackedCase] {
    if let exemplars {
      for id in exemplars where !pack.cases.contains(where: { $0.id == id }) {
        let nearest = RecipeTree.nearest(to: id, in: pack.cases.map(\.id))
        throw TrainingError.noSamples(
          pack: pack.path,
          reason: "it has no case \(id), which exemplars names"
            + (nearest.map { "; the nearest name is \($0)" } ?? ""))
      }
      return pack.cases.filter { exemplars.contains($0.id) }
    }
    let cases = pack.trainingCases
    guard !cases.isEmpty else {
      throw TrainingError.noSamples(pack: pack.path, reason: "no case is in the split train")
    }
    return cases
  }

  private static func candidates(
    _ entry: PackedCase, in pack: Pack, plane: Plane
  ) throws -> [Candidate] {
    let classes = try pack.classes(entry.id).values
    let cut = plane.slices(of: entry.geometry)
    return (0..<cut.count).map { position in
      let objects = Set(cut.labels(position, of: classes)).subtracting([0])
      return Candidate(
        entry: entry, position: position, objects: objects.sorted().map { UInt8(clamping: $0) })
    }
  }

  private static func chosen(
    _ candidates: [Candidate], emptyShare: Double, pack: String, using random: Random
  ) throws -> [Candidate] {
    let labelled = candidates.count { !$0.objects.isEmpty }
    guard labelled > 0 else {
      throw TrainingError.noSamples(
        pack: pack, reason: "no slice of its training cases has a label")
    }
    var random = random.split("empty slices")
    let empty = candidates.indices.filter { candidates[$0].objects.isEmpty }
    let wanted = Int((emptyShare / (1 - emptyShare) * Double(labelled)).rounded())
    let kept = Set(empty.shuffled(using: &random).prefix(wanted))
    return candidates.enumerated()
      .filter { !$0.element.objects.isEmpty || kept.contains($0.offset) }.map(\.element)
  }

  /// The chosen slices, case by case, so that only one volume is held.
  private static func read(
    _ chosen: [Candidate], of pack: Pack, preparation: ImagePreparation
  ) throws -> [TrainingSlice] {
    let spool = try Spool()
    var slices: [TrainingSlice] = []
    var held: (id: String, image: Volume, classes: [Int32])?
    for candidate in chosen {
      let entry = candidate.entry
      if held?.id != entry.id {
        let volume = try pack.image(entry.id)
        let voxels = try preparation.normalised(volume.voxels, case: entry.id)
        held = (
          entry.id, Volume(voxels: voxels, geometry: entry.geometry),
          try pack.classes(entry.id).values
        )
      }
      guard let held else { continue }
      let cut = preparation.plane.slices(of: entry.geometry)
      let labels = cut.labels(candidate.position, of: held.classes).map { UInt8(clamping: $0) }
      slices.append(
        try TrainingSlice(
          caseID: entry.id, position: candidate.position,
          image: cut.image(candidate.position, of: held.image), label: labels, in: spool))
    }
    return slices
  }
}
