import Volumes

/// Reads what a descriptor says under `layout`.
struct LayoutReader {
  let channels: ChannelRule?
  let schemes: [LabelScheme]

  /// One layout or several, which then have names.
  func layouts(_ node: DescriptorNode) throws(ExemplarError) -> [DescribedLayout] {
    guard node.isList else { return [try layout(node, isOne: true)] }
    var layouts: [DescribedLayout] = []
    for item in node.items {
      let layout = try layout(item, isOne: false)
      if layouts.contains(where: { $0.name == layout.name }) {
        throw item.refused("two layouts are named `\(layout.name)`")
      }
      layouts.append(layout)
    }
    guard !layouts.isEmpty else { throw node.refused("the list is empty") }
    return layouts
  }

  private func layout(
    _ node: DescriptorNode, isOne: Bool
  ) throws(ExemplarError) -> DescribedLayout {
    let keys = try node.keys([
      "name", "reader", "images", "labels", "cases", "schemes", "mask", "unlabelled",
      "first_frame", "same", "grid",
    ])
    guard isOne || keys["name"] != nil else {
      throw node.refused("each of several layouts needs the key `name`")
    }
    var layout = DescribedLayout(
      name: try keys["name"]?.text() ?? "files", files: try files(node, keys))
    layout.schemes = try keys["schemes"]?.texts()
    if let name = layout.schemes?.first(where: { name in !schemes.contains { $0.name == name } }) {
      throw node.refused(
        "there is no label scheme `\(name)`; there are "
          + schemes.map(\.name).joined(separator: ", "))
    }
    if layout.namesClasses, (layout.schemes ?? schemes.map(\.name)).count != 1 {
      throw node.refused("labels named by class need one label scheme; `schemes` can name it")
    }
    layout.mask = try keys["mask"]?.word(DescribedLayout.MaskRule.self) ?? .values
    layout.unlabelled = try keys["unlabelled"]?.word(DescribedLayout.Unlabelled.self) ?? .refuse
    layout.firstFrame = try keys["first_frame"]?.count()
    layout.same = Set(try keys["same"]?.text() ?? "")
    if let grid = keys["grid"] { try read(grid, into: &layout) }
    return layout
  }

  private func read(
    _ node: DescriptorNode, into layout: inout DescribedLayout
  ) throws(ExemplarError) {
    let keys = try node.keys(["onto", "labels"])
    guard let onto = keys["onto"] else { throw node.refused("the key `onto` is missing") }
    let channel = try onto.text()
    guard channels?.names.contains(channel) == true else {
      throw onto.refused("there is no channel `\(channel)`")
    }
    layout.grid = channel
    layout.labelGrid = try keys["labels"]?.word(DescribedLayout.LabelGrid.self) ?? .keep
  }

  private func files(
    _ node: DescriptorNode, _ keys: [String: DescriptorNode]
  ) throws(ExemplarError) -> DescribedLayout.Files {
    let given = ["reader", "images", "cases"].filter { keys[$0] != nil }
    guard given.count == 1, (keys["images"] == nil) == (keys["labels"] == nil) else {
      throw node.refused(
        "a layout has `images` with `labels`, or `cases`, or `reader`; this one has "
          + (given.isEmpty ? "none of them" : given.joined(separator: " and ")))
    }
    if let reader = keys["reader"] {
      let others = keys.keys.filter { !["name", "reader", "schemes"].contains($0) }
      if let other = others.min() { throw node.refused("`\(other)` is not for a `reader`") }
      return .kind(try reader.word(DatasetKind.self))
    }
    if let cases = keys["cases"] { return .listed(try listed(cases)) }
    guard let images = keys["images"], let labels = keys["labels"] else {
      throw node.refused("the key `labels` is missing")
    }
    return try patterns(images, labels, firstFrame: keys["first_frame"])
  }

  private func patterns(
    _ images: DescriptorNode, _ labels: DescriptorNode, firstFrame: DescriptorNode?
  ) throws(ExemplarError) -> DescribedLayout.Files {
    let words = channels?.channels.flatMap(\.words) ?? []
    let classes = schemes.flatMap { $0.classes.names }
    var choices = ["class": classes]
    if !words.isEmpty { choices["channel"] = words }
    func read(_ node: DescriptorNode, refusing word: String) throws(ExemplarError) -> [FilePattern]
    {
      var patterns: [FilePattern] = []
      for item in node.items {
        let pattern = try item.pattern(choices)
        guard pattern.words.contains("case") else { throw item.refused("it needs {case}") }
        if pattern.words.contains(word) { throw item.refused("{\(word)} does not belong here") }
        patterns.append(pattern)
      }
      return patterns
    }
    let (found, masks) = (
      try read(images, refusing: "class"), try read(labels, refusing: "channel")
    )
    for pattern in found where pattern.words.contains("channel") == words.isEmpty {
      throw images.refused(
        words.isEmpty
          ? "{channel} needs the words that file names have for each channel, under `channels`"
          : "`channels` gives words of file names, so the pattern needs {channel}")
    }
    if masks.contains(where: { $0.words.contains("class") }), classes.isEmpty {
      throw labels.refused("{class} needs a label scheme whose classes are the words")
    }
    let framed = masks.contains { $0.words.contains("frame") }
    if framed, !found.allSatisfy({ $0.words.contains("frame") }), firstFrame == nil {
      throw images.refused("images of several frames need the key `first_frame`")
    }
    return .patterns(images: found, labels: masks)
  }

  private func listed(
    _ node: DescriptorNode
  ) throws(ExemplarError) -> [DescribedLayout.ListedFiles] {
    var cases: [DescribedLayout.ListedFiles] = []
    for (name, value) in try node.entries() {
      guard PackedCase.isName(name) else { throw value.refused("a case cannot have this name") }
      let keys = try value.keys(["image", "label"])
      guard let image = keys["image"], let label = keys["label"] else {
        throw value.refused("the keys `image` and `label` are needed")
      }
      let images = try named(image, among: channels?.names ?? [])
      guard image.isGroup || images.count == 1 else {
        throw image.refused("several images need the names of their channels: {CT: a, PT: b}")
      }
      let labels = try named(label, among: schemes.flatMap { $0.classes.names })
      cases.append(.init(id: name, images: images, labels: labels))
    }
    return cases
  }

  /// A path, several, or a path for each of some names.
  private func named(
    _ node: DescriptorNode, among names: [String]
  ) throws(ExemplarError) -> [DescribedLayout.NamedFile] {
    guard node.isGroup else {
      return try node.texts().map { .init(name: nil, path: $0) }
    }
    var files: [DescribedLayout.NamedFile] = []
    for (name, value) in try node.entries() {
      guard names.contains(name) else {
        throw value.refused("the name is not known; known are \(names.joined(separator: ", "))")
      }
      files.append(.init(name: name, path: try value.text()))
    }
    return files
  }
}
