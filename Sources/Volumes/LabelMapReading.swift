import Foundation
import Yams

extension LabelMap {
  /// Reads the map in a YAML or JSON file; of a `dataset.json` its `labels`.
  public static func read(_ path: String) throws(VolumeError) -> LabelMap {
    let bytes = try fileBytes(path)
    guard bytes.count < 1 << 24 else {
      throw .labelMap(path: path, reason: "a label map of \(bytes.count) bytes is not read")
    }
    guard let text = String(data: bytes, encoding: .utf8) else {
      throw .labelMap(path: path, reason: "the file is not text in UTF-8")
    }
    return try LabelMap(yaml: text, path: path)
  }

  /// The map a text in YAML or JSON describes; `path` names it in errors.
  public init(yaml text: String, path: String) throws(VolumeError) {
    func refuse(_ reason: String) -> VolumeError { .labelMap(path: path, reason: reason) }
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      throw refuse("the file is no valid YAML: \(error)")
    }
    guard let top = root?.mapping else {
      throw refuse("a label map is a list of `name: value`; the file holds something else")
    }
    let nested = top.first { $0.key.string == "labels" }?.value
    if let nested, nested.mapping == nil, top.count > 1 {
      throw refuse("`labels` holds something else than a list of `name: value`")
    }
    let isDataset = top.contains { Self.datasetKeys.contains($0.key.string ?? "") }
    if nested?.mapping != nil, !isDataset,
      let other = top.first(where: { $0.key.string != "labels" })
    {
      throw refuse("the key `\(other.key.string ?? "?")` beside `labels` is not known")
    }
    if nested?.mapping == nil, isDataset { throw refuse("the data set lists no `labels`") }
    let entries = nested?.mapping ?? top
    let isInverted =
      !entries.isEmpty
      && entries.allSatisfy {
        Self.integer($0.key) != nil && $0.value.scalar != nil && Self.integer($0.value) == nil
      }
    var (classes, background): ([Class], [Int32]) = ([], [])
    for (key, value) in entries {
      let (name, numbers) = isInverted ? (value, key) : (key, value)
      guard let name = name.string, !name.isEmpty else { throw refuse("a class has no name") }
      let values = try Self.values(of: name, numbers, path: path)
      if values == [0] || (values.contains(0) && name.lowercased() == "background") {
        background += values.filter { $0 != 0 }
      } else {
        classes.append(try Self.entry(name, values, path: path))
      }
    }
    if let both = classes.first(where: { !Set($0.values).isDisjoint(with: background) }) {
      throw refuse("the class `\(both.name)` has a value of the background")
    }
    if isInverted { classes.sort { $0.values[0] < $1.values[0] } }
    let names = Dictionary(grouping: classes, by: \.name)
    if let twice = names.filter({ $0.value.count > 1 }).keys.min() {
      throw refuse("the class `\(twice)` is listed twice")
    }
    guard !classes.isEmpty else { throw refuse("the map lists no class besides the background") }
    guard classes.count < 256 else { throw refuse("\(classes.count) classes; 255 are possible") }
    self.init(classes, background: background)
  }

  /// Keys that tell a `dataset.json` of nnU-Net or the Decathlon from a plain map.
  private static let datasetKeys: Set<String> = [
    "numTraining", "training", "modality", "channel_names", "file_ending", "tensorImageSize",
  ]

  /// The values listed for a name.
  private static func values(
    of name: String, _ numbers: Node, path: String
  ) throws(VolumeError) -> [Int32] {
    let items = numbers.sequence.map(Array.init) ?? [numbers]
    var values: [Int32] = []
    for item in items {
      guard let value = integer(item) else {
        throw .labelMap(
          path: path,
          reason: "the class `\(name)` has the value `\(item.string ?? "?")`; "
            + "a whole number or a list of them is needed")
      }
      guard value >= 0 else {
        throw .labelMap(path: path, reason: "the class `\(name)` has the negative value \(value)")
      }
      guard !values.contains(value) else {
        throw .labelMap(path: path, reason: "the class `\(name)` lists the value \(value) twice")
      }
      values.append(value)
    }
    return values
  }

  /// A class of the map.
  private static func entry(
    _ name: String, _ values: [Int32], path: String
  ) throws(VolumeError) -> Class {
    guard !values.isEmpty, !values.contains(0) else {
      throw .labelMap(
        path: path,
        reason: values.isEmpty
          ? "the class `\(name)` lists no value"
          : "the class `\(name)` contains 0, which is the background")
    }
    return Class(name: name, values: values)
  }

  private static func integer(_ node: Node) -> Int32? { node.scalar.flatMap { Int32($0.string) } }
}
