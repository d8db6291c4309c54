import Archives
import Foundation
import Tensors
public import Volumes

/// New annotated cases from the training cases of a pack.
///
/// The exemplars are the cases of the split `train`, or all where no case has a split; cases that were synthesised
/// themselves are left out. Image number `n` is made of exemplar `n mod k`, whole volume from whole volume and picture from
/// picture, so that every new case keeps the grid of its exemplar.
public struct PackSynthesis: Sendable {
  /// The pack.
  public let pack: Pack
  /// Its training cases.
  public let exemplars: [PackedCase]
  /// How images are made.
  public let synthesis: Synthesis
  /// How many are made.
  public let count: Int
  /// What they are drawn from.
  public let seed: UInt64

  /// A case that was made, or could not be.
  public struct Made: Sendable {
    /// The name of the case.
    public let id: String
    /// How it was made.
    public let origin: SynthesisOrigin
    /// How often it was drawn again, and why.
    public let refusals: [Refusal: Int]
    /// The kind that was due and did not succeed.
    public let missed: Synthesis.Kind?
  }

  /// The synthesis of `count` cases by some kinds.
  public init(_ pack: Pack, kinds: [Synthesis.Kind], count: Int, seed: UInt64) throws {
    self.pack = pack
    self.count = count
    self.seed = seed
    exemplars = pack.trainingCases.filter { $0.origin == nil }
    let ids = Set(exemplars.map(\.id))
    guard !exemplars.isEmpty else {
      throw ExemplarError.pack(
        path: pack.path, reason: "none of its cases is an exemplar in the split train")
    }
    synthesis = Synthesis(kinds: kinds)
    guard !synthesis.kinds(exemplars: exemplars.count).isEmpty else {
      throw ExemplarError.option(
        """
        A morph needs two exemplars, and \(pack.path) has one, \(exemplars[0].id): give other kinds beside morph, or \
        more exemplars.
        """)
    }
    for index in 0..<count {
      let id = id(index)
      if ids.contains(id) {
        throw ExemplarError.sameName(id: id, one: "an exemplar", other: "a synthesised case")
      }
    }
  }

  /// What the user should know beforehand, in sentences.
  public var notes: [String] {
    guard synthesis.kinds.contains(.morph), exemplars.count == 1 else { return [] }
    return [
      "The kind morph falls away: it needs two exemplars, and the pack has one, \(exemplars[0].id)."
    ]
  }

  /// The name of a new case.
  private func id(_ index: Int) -> String {
    let (exemplar, number) = (exemplars[index % exemplars.count].id, index / exemplars.count + 1)
    return "\(exemplar)_synth" + String(format: "%03d", number)
  }

  /// The most bytes the new pack takes, before compression.
  public var bytes: Int {
    let sizes = exemplars.map { $0.geometry.count * (4 * pack.channels.count + 1) }
    let made = (0..<count).map { sizes[$0 % sizes.count] }
    return (sizes + made).reduce(0, +)
  }

  /// The seconds an image takes, by one of each kind made of the first exemplar and thrown away.
  public func trial() throws -> Double {
    let source = ExemplarImages(pack, exemplars)
    let kinds = max(1, synthesis.kinds(exemplars: exemplars.count).count { $0 != .intensity })
    let start = Date()
    for index in 0..<kinds { _ = try made(of: 0, number: index, source) }
    return Date().timeIntervalSince(start) / Double(kinds)
  }

  /// Tells how far the work is: cases done, cases in all, name of the next.
  public typealias Progress = (_ done: Int, _ total: Int, _ next: String) throws -> Void

  /// Writes a pack of the exemplars and the new cases, all in the split `train`, and returns what was made, with a sheet to
  /// look at.
  ///
  /// A case none of whose draws succeeded is not written; it has no kinds in what is returned.
  public func write(
    to path: String, progress: Progress = { _, _, _ in }
  ) throws -> (made: [Made], sheet: ByteImage) {
    var all: [Made] = []
    var sheet = OutlinedSheet(columns: 7)
    let source = ExemplarImages(pack, exemplars)
    let total = exemplars.count + count
    try PackWriter.write(
      to: path, dataset: pack.dataset, channels: pack.channels, labels: pack.labels
    ) { writer in
      for (position, entry) in exemplars.enumerated() {
        try progress(position + all.count, total, entry.id)
        let exemplar = try source.image(position)
        try writer.add(
          entry.training(), image: exemplar.volume(in: entry.geometry), classes: exemplar.label)
        sheet.begin(exemplar)
        for index in stride(from: position, to: count, by: exemplars.count) {
          try progress(position + 1 + all.count, total, id(index))
          let result = try made(of: position, number: index / exemplars.count, source)
          let made = record(result, index)
          all.append(made)
          guard !result.kinds.isEmpty else { continue }
          try writer.add(
            entry.training(as: made.id, origin: made.origin),
            image: result.image.volume(in: entry.geometry), classes: result.image.label)
          sheet.add(result.image)
        }
      }
      try progress(total, total, "")
    }
    return (all, sheet.picture)
  }

  private func record(_ result: Synthesised, _ index: Int) -> Made {
    let origin = SynthesisOrigin(
      exemplar: exemplars[index % exemplars.count].id,
      partner: result.partner.map { exemplars[$0].id }, kinds: result.kinds, seed: seed,
      index: index / exemplars.count)
    return Made(
      id: id(index), origin: origin, refusals: result.refusals, missed: result.missed)
  }

  /// Image `number` of an exemplar; its partner is counted among all exemplars.
  private func made(of position: Int, number: Int, _ source: ExemplarImages) throws -> Synthesised {
    let exemplar = try source.image(position)
    let name = exemplars[position].id
    func other(_ partner: Int) -> Int { partner < position ? partner : partner + 1 }
    var result = try synthesis(
      exemplar, seed: seed, name: name, index: number, partners: exemplars.count - 1
    ) { partner in
      source.registrations.pair(
        exemplar, named: name, with: try source.image(other(partner)),
        named: exemplars[other(partner)].id)
    }
    result.partner = result.partner.map(other)
    return result
  }
}

extension PackedCase {
  /// The case as one to train on; with a name, as one that was made of it.
  fileprivate func training(
    as name: String? = nil, origin: SynthesisOrigin? = nil
  ) -> PackedCase {
    PackedCase(
      id: name ?? id, geometry: geometry, sourceGeometry: sourceGeometry, images: images,
      labels: labels, split: "train", centre: centre, window: window, origin: origin)
  }
}

/// The exemplars of a pack, read when they are needed and kept while there is room.
private final class ExemplarImages {
  let registrations = Registrations()
  private let pack: Pack
  private let cases: [PackedCase]
  private var held: [Int: AnnotatedImage] = [:]

  /// How many bytes of exemplars are kept.
  private static let most = 1 << 30

  init(_ pack: Pack, _ cases: [PackedCase]) {
    self.pack = pack
    self.cases = cases
  }

  func image(_ position: Int) throws -> AnnotatedImage {
    if let image = held[position] { return image }
    let id = cases[position].id
    let classes = try pack.classes(id).values.map { UInt8(clamping: $0) }
    let image = AnnotatedImage(try pack.image(id), classes: classes)
    let bytes = held.values.reduce(0) { $0 + 4 * $1.image.count + $1.label.count }
    if bytes + 4 * image.image.count > ExemplarImages.most { held.removeAll() }
    held[position] = image
    return image
  }
}
