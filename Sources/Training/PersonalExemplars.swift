package import Baselines
package import Exemplars
package import Inference
package import SegmentAnything
import Tensors
import Volumes

/// The slices of exemplar cases from which PerSAM learns a pack's classes.
///
/// Of each case and class that is the slice in which the class has most pixels. All slices of the cases, with the class
/// or without, say from which likeness on it is looked for.
package struct PersonalExemplars {
  private let pack: Pack
  private let cases: [String]
  private let preparation: ImagePreparation
  private let isInterrupted: () -> Bool

  /// The cases of a pack, seen as a preparation shows them.
  package init(
    _ pack: Pack, cases: [String], preparation: ImagePreparation,
    isInterrupted: @escaping () -> Bool = { false }
  ) {
    self.isInterrupted = isInterrupted
    self.pack = pack
    self.cases = cases
    self.preparation = preparation
  }

  /// A model, personalised with the cases.
  ///
  /// Where the user asked to stop, it is not to be used.
  /// - Throws: what keeps a case from being read, and `PerSAMError` for a model it does not work with.
  package func personalised(_ model: Sam, _ variant: PerSAM.Variant) throws -> PerSAM {
    let side = 4 * preparation.size / model.configuration.patch
    let persam = try PerSAM(model, references: references(side: side), variant: variant)
    var slices: [(likeness: [Float?], present: [Bool])] = []
    for id in cases {
      let scan = try Scan(id, of: pack, preparation)
      for position in 0..<scan.cut.count {
        if isInterrupted() { return persam }
        let found = Set(scan.labels(position))
        slices.append(
          (
            persam.likeness(to: preparation.input(scan.image(position))),
            classes.map(found.contains)
          ))
      }
    }
    persam.calibrate(slices)
    return persam
  }

  /// The classes' numbers in the pack.
  private var classes: [UInt8] { pack.labels.classes.indices.map { UInt8($0 + 1) } }

  /// The references of each class; a class that has no pixel at the side of the logits gets none of the case.
  private func references(side: Int) throws -> [[PerSAM.Reference]] {
    var references = classes.map { _ in [PerSAM.Reference]() }
    for id in cases {
      let scan = try Scan(id, of: pack, preparation)
      let areas = scan.areas
      for (index, label) in classes.enumerated() {
        let own = areas.map { $0[Int(label)] }
        guard let most = own.max(), most > 0, let position = own.firstIndex(of: most) else {
          continue
        }
        let mask = ByteImage(
          height: scan.cut.height, width: scan.cut.width,
          values: scan.labels(position).map { $0 == label ? 1 : 0 })
        let low = preparation.lowResolution(labels: mask, side: side)
        guard low.contains(1) else { continue }
        references[index].append(
          PerSAM.Reference(image: preparation.input(scan.image(position)), mask: low))
      }
    }
    return references
  }

  /// A case in the model's range of intensities, cut into slices.
  private struct Scan {
    let cut: Slices
    private let volume: Volume
    private let classes: [Int32]

    init(_ id: String, of pack: Pack, _ preparation: ImagePreparation) throws {
      let entry = try pack.entry(id)
      let image = try pack.image(id)
      guard (1...3).contains(image.channels) else {
        throw InferenceError.channels(case: id, found: image.channels)
      }
      volume = Volume(
        voxels: try preparation.normalised(image.voxels, case: id), geometry: entry.geometry)
      classes = try pack.classes(id).values
      cut = preparation.plane.slices(of: entry.geometry)
    }

    func image(_ position: Int) -> Tensor { cut.image(position, of: volume) }

    func labels(_ position: Int) -> [UInt8] {
      cut.labels(position, of: classes).map { UInt8(clamping: $0) }
    }

    /// The number of pixels of each value, for each slice.
    var areas: [[Int]] {
      (0..<cut.count).map { position in
        labels(position).reduce(into: [Int](repeating: 0, count: 256)) { $0[Int($1)] += 1 }
      }
    }
  }
}
