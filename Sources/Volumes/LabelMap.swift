import Foundation
import Yams

/// Which values of a label volume make up which class.
///
/// A map is YAML (or JSON, which YAML contains), at the top level or under `labels`:
///
///     labels:
///       whole tumour: [1, 2, 3, 4]     # a merge
///       core: 4                        # a single value
///
/// nnU-Net's `dataset.json` is of this form; the inverted form of the Medical Segmentation Decathlon, {"1": "liver"},
/// is understood too. The background (the value 0) may be named and is left out: it is always class 0. A list named
/// `background` that holds 0 puts its other values there too, as in `background: [0, 5, 9]`.
/// Classes count from 1 in the order in which the map lists them; in the inverted form, which is an index, in the order of
/// their values.
public struct LabelMap: Sendable, Equatable {
  /// A class: its name and the values it merges, ascending.
  public struct Class: Sendable, Equatable {
    /// The name as the map writes it.
    public let name: String
    /// The values of the label volume that belong to the class; never empty, never 0.
    public let values: [Int32]

    /// A class of the given values.
    public init(name: String, values: [Int32]) {
      self.name = name
      self.values = values.sorted()
    }
  }

  /// The classes, class 1 first.
  public let classes: [Class]
  /// The values other than 0 that count as background, ascending.
  public let background: [Int32]

  /// A map of the given classes; values may belong to several, but not to a class and the background.
  public init(_ classes: [Class], background: [Int32] = []) {
    self.classes = classes
    self.background = background.sorted()
  }

  /// The map in which every value is a class of its own, named by the number.
  public init(each values: some Sequence<Int32>) {
    self.init(values.filter { $0 != 0 }.sorted().map { Class(name: "\($0)", values: [$0]) })
  }

  /// The names of the classes, class 1 first.
  public var names: [String] { classes.map(\.name) }

  /// The values the map mentions, of classes and background, without 0.
  public var values: Set<Int32> { Set(classes.flatMap(\.values)).union(background) }

  /// The value a mask of class `index` (1 first) is written with: the smallest the class merges.
  public func outputValue(of index: Int) -> Int32 {
    precondition(
      (1...classes.count).contains(index), "LabelMap: class \(index) of \(classes.count)")
    return classes[index - 1].values[0]
  }

  /// Whether a value belongs to more than one class, as in BraTS's nested regions.
  public var overlaps: Bool { doubled != nil }

  private var doubled: (value: Int32, names: [String])? {
    let all = Dictionary(
      classes.flatMap { entry in entry.values.map { ($0, [entry.name]) } },
      uniquingKeysWith: { $0 + $1 })
    return all.filter { $0.value.count > 1 }.min { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The map itself, if every value belongs to at most one class, as a map for training must; `path` is for the error.
  public func checkedDisjoint(_ path: String) throws(VolumeError) -> LabelMap {
    guard let doubled else { return self }
    throw .labelMap(
      path: path,
      reason: "the value \(doubled.value) belongs to several classes "
        + "(\(doubled.names.joined(separator: ", "))), so a voxel would have two")
  }

  /// The class of every voxel, 0 for the background; `name` is the file or case the error speaks of.
  ///
  /// A value the map does not mention is an error. The map must be disjoint and have at most 255 classes.
  public func classes(of labels: LabelVolume, _ name: String) throws(VolumeError) -> [UInt8] {
    precondition(classes.count < 256, "LabelMap: \(classes.count) classes do not fit 8 bits")
    var table: [Int32: UInt8] = [0: 0]
    for value in background { table[value] = 0 }
    for (index, entry) in classes.enumerated() {
      for value in entry.values { table[value] = UInt8(index + 1) }
    }
    var result = [UInt8](repeating: 0, count: labels.values.count)
    var (last, lastClass) = (Int32(0), UInt8(0))
    for (at, value) in labels.values.enumerated() {
      if value != last {
        guard let found = table[value] else {
          throw .label(
            path: name, value: "\(value)", voxel: labels.geometry.index(of: at),
            reason: "is not in the label map (\(summary))")
        }
        (last, lastClass) = (value, found)
      }
      result[at] = lastClass
    }
    return result
  }

  /// A volume of classes, as predicted, as the values of the map.
  public func labels(
    of classes: [UInt8], geometry: Geometry, source: Source? = nil
  ) -> LabelVolume {
    let outputs = [0] + (1...max(self.classes.count, 1)).prefix(self.classes.count).map(outputValue)
    return LabelVolume(
      values: classes.map { outputs[Int($0)] }, geometry: geometry, source: source)
  }

  /// The map in one line: name: values, name: values.
  public var summary: String {
    let rest = background.isEmpty ? [] : [Class(name: "background", values: background)]
    return (classes + rest)
      .map { "\($0.name): \($0.values.map { "\($0)" }.joined(separator: "+"))" }
      .joined(separator: ", ")
  }
}
