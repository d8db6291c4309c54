import Archives
import Foundation
import Volumes
import Yams

extension Descriptor {
  /// Reads a descriptor; whatever it says that is not understood is an error that names the key.
  public init(path: String) throws {
    let bytes = try Data(mapping: path)
    guard bytes.count < 1 << 20, let text = String(data: bytes, encoding: .utf8) else {
      throw ExemplarError.descriptor(path: path, key: "", reason: "it is no text in UTF-8 of 1 MB")
    }
    try self.init(yaml: text, path: path)
  }

  /// The descriptor a text writes; `path` is the file that errors name.
  public init(yaml: String, path: String) throws {
    let top = try DescriptorNode(yaml: yaml, file: path)
    let keys = try top.keys([
      "title", "source", "licence", "layout", "channels", "keep", "optional", "labels", "split",
      "centre", "window", "protocol",
    ])
    let channels = try ChannelRule(
      keys["channels"], keep: keys["keep"], optional: keys["optional"])
    let schemes = try keys["labels"].map { node in
      try node.entries().map { try LabelScheme(name: $0.name, $0.value) }
    }
    guard let layout = keys["layout"] else { throw top.refused("the key `layout` is missing") }
    let reader = LayoutReader(channels: channels, schemes: schemes ?? [])
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    self.init(
      name: name, path: path, title: try keys["title"]?.text(), source: try keys["source"]?.text(),
      licence: try keys["licence"]?.text(), layouts: try reader.layouts(layout),
      channels: channels, schemes: schemes ?? [], split: try keys["split"].map(DeclaredSplit.init),
      centre: try keys["centre"].map(CentreRule.init), window: try keys["window"]?.range(),
      evaluation: try keys["protocol"].map(EvaluationProtocol.init))
  }
}

extension LabelScheme {
  init(name: String, _ node: DescriptorNode) throws {
    let keys = try node.keys(["about", "classes", "regions"])
    guard let classes = keys["classes"] else { throw node.refused("the key `classes` is missing") }
    self.name = name
    about = try keys["about"]?.text()
    self.classes = try classes.labelMap().checkedDisjoint("\(classes.file), key \(classes.key)")
    regions = try keys["regions"]?.labelMap()
    let foreign = Set(regions?.classes.flatMap(\.values) ?? []).subtracting(self.classes.values)
    if let value = foreign.min(), let regions = keys["regions"] {
      throw regions.refused("the value \(value) is in a region but in no class")
    }
  }
}

extension DescriptorNode {
  /// The map of class names to values that stands here.
  fileprivate func labelMap() throws -> LabelMap {
    guard isGroup else { throw refused("names and values are expected") }
    return try LabelMap(yaml: try Yams.serialize(node: node), path: "\(file), key \(key)")
  }
}

extension EvaluationProtocol {
  init(_ node: DescriptorNode) throws(ExemplarError) {
    let keys = try node.keys(["about", "recipe", "convention"])
    about = try keys["about"]?.text()
    convention = try keys["convention"]?.text()
    var settings: [String] = []
    for entry in try keys["recipe"]?.entries() ?? [] {
      settings.append("\(entry.name)=\(try entry.value.text())")
    }
    self.settings = settings
  }
}

extension ChannelRule {
  /// The rule of the three keys; nil where none of them is given.
  init?(
    _ channels: DescriptorNode?, keep: DescriptorNode?, optional: DescriptorNode?
  ) throws(ExemplarError) {
    guard let channels else {
      if let other = keep ?? optional { throw other.refused("it needs the key `channels`") }
      return nil
    }
    var all: [Channel] = []
    if channels.isGroup {
      for entry in try channels.entries() {
        all.append(Channel(name: entry.name, words: try entry.value.texts()))
      }
    } else {
      all = try channels.texts().map { Channel(name: $0, words: []) }
    }
    let words = all.flatMap(\.words).map { $0.lowercased() }
    guard Set(words).count == words.count else {
      throw channels.refused("two channels have the same word in file names")
    }
    let names = all.map(\.name)
    for node in [keep, optional] {
      guard let node else { continue }
      if let name = try node.texts().first(where: { !names.contains($0) }) {
        let known = names.joined(separator: ", ")
        throw node.refused("there is no channel `\(name)`; there are \(known)")
      }
    }
    self.init(
      channels: all, keep: try keep?.texts() ?? names, optional: Set(try optional?.texts() ?? []))
  }
}
