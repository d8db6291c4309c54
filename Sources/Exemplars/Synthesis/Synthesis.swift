import Foundation
import Tensors

/// How new annotated images are made from annotated exemplars.
///
/// An image is a function of the seed, the exemplar's name, its own number and the exemplars' values alone: the same bits in any
/// order and for any number of threads.
public struct Synthesis: Sendable, Hashable, Codable {
  /// A way of making a new image.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A smooth invertible deformation of image and label together.
    case deform
    /// Part of the way to another exemplar.
    case morph
    /// Structures moved to another place of the body.
    case structure
    /// Other intensities.
    case intensity
  }

  /// The ways that are used, each once, in the order of `Kind`.
  public let kinds: [Kind]
  /// The least and the most length of the longest vector of a deformation, as a share of the shorter side: the most a pixel
  /// is moved.
  public var amplitude: [Float] = [0.03, 0.1]
  /// How far a morph goes, and between what.
  public var morph = Morph()
  /// How structures are moved.
  public var structure = StructureMove()
  /// How intensities change.
  public var intensity = IntensityChange()

  /// How often an image is drawn again before it is made a simpler way.
  static let draws = 10

  /// Synthesis of some kinds.
  public init(kinds: some Sequence<Kind>) {
    let wanted = Set(kinds)
    self.kinds = Kind.allCases.filter(wanted.contains)
  }

  /// The kinds that change shapes.
  private var shapes: [Kind] { kinds.filter { $0 != .intensity } }

  /// The kinds that are left where there is only one exemplar: morphs need two.
  public func kinds(exemplars: Int) -> [Kind] { kinds.filter { $0 != .morph || exemplars > 1 } }

  /// New image number `index` of an exemplar that has nothing to be morphed with.
  package func callAsFunction(
    _ exemplar: AnnotatedImage, seed: UInt64, name: String, index: Int
  ) -> Synthesised {
    self(exemplar, seed: seed, name: name, index: index, partners: 0) { _ in nil }
  }

  /// New image number `index` of an exemplar, which can be morphed with so many `partners`; `pair` registers it with one of
  /// them, nil where they cannot be.
  ///
  /// The kinds that change shapes take turns from image to image. Where deformations are among the kinds, a morph or a
  /// moved structure is deformed too, by half of the amplitude; where intensities are, they change in every image. What
  /// folds the image, loses a structure or finds no place is drawn again, a morph between exemplars that are not alike with
  /// another partner; where that fails ten times, or no partner is left, the image is only deformed, or, without
  /// deformations, keeps its shapes. With `labelOnly` the intensities stay, for those who want to know the label.
  package func callAsFunction(
    _ exemplar: AnnotatedImage, seed: UInt64, name: String, index: Int, partners: Int,
    labelOnly: Bool = false, pair: (_ partner: Int) throws -> MorphPair?
  ) rethrows -> Synthesised {
    let random = Random(seed: seed).split("synthesis").split(name).split("image", index)
    let structures = Structures(of: exemplar.label, on: exemplar.lattice)
    var made = Synthesised(image: exemplar)
    let shapes = shapes.filter { $0 != .morph || partners > 0 }
    if !shapes.isEmpty {
      let kind = shapes[index % shapes.count]
      try changeShapes(of: &made, kind, structures, random, partners: partners, pair: pair)
    }
    guard kinds.contains(.intensity), !labelOnly else { return made }
    var draw = random.split("intensity")
    made.image = intensity.applied(to: made.image, using: &draw).like(exemplar)
    made.kinds.append(.intensity)
    return made
  }
}
