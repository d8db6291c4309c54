public import Volumes

/// A data set as its descriptor declares it: where the files lie, what they mean, and how it is used.
///
/// `Datasets/README.md` explains the YAML this is read from.
public struct Descriptor: Sendable, Equatable {
  /// The name: the file's, without its ending, or the kind's.
  public let name: String
  /// The file the descriptor was read from; nil for a kind that needs none.
  public let path: String?
  /// What the data set is called.
  public let title: String?
  /// Where the data set can be had.
  public let source: String?
  /// Under which terms.
  public let licence: String?
  /// The ways in which the files may lie, the preferred one first.
  let layouts: [DescribedLayout]
  /// The channels, where the data set declares them.
  let channels: ChannelRule?
  /// The schemes the labels may follow.
  public let schemes: [LabelScheme]
  /// Which case goes into which split.
  let split: DeclaredSplit?
  /// How a case's centre is known.
  let centre: CentreRule?
  /// The intensities that matter.
  public let window: ClosedRange<Float>?
  /// How published numbers were made.
  public let evaluation: EvaluationProtocol?

  /// A kind of data set that needs no descriptor.
  public init(kind: DatasetKind) {
    self.init(
      name: kind.rawValue, layouts: [DescribedLayout(name: kind.rawValue, files: .kind(kind))])
  }

  init(
    name: String, path: String? = nil, title: String? = nil, source: String? = nil,
    licence: String? = nil, layouts: [DescribedLayout], channels: ChannelRule? = nil,
    schemes: [LabelScheme] = [], split: DeclaredSplit? = nil, centre: CentreRule? = nil,
    window: ClosedRange<Float>? = nil, evaluation: EvaluationProtocol? = nil
  ) {
    self.name = name
    self.path = path
    self.title = title
    self.source = source
    self.licence = licence
    self.layouts = layouts
    self.channels = channels
    self.schemes = schemes
    self.split = split
    self.centre = centre
    self.window = window
    self.evaluation = evaluation
  }

  /// The scheme of a name; nil where there is none.
  public func scheme(_ name: String) -> LabelScheme? { schemes.first { $0.name == name } }
}

/// What label values mean under one of a data set's schemes.
public struct LabelScheme: Sendable, Equatable {
  /// The name users choose it by.
  public let name: String
  /// Which files follow it, in words.
  public let about: String?
  /// The classes, which share no value.
  public let classes: LabelMap
  /// Regions to evaluate, which may overlap, such as the whole tumour and its core.
  public let regions: LabelMap?

  /// Whether every one of some values has a meaning.
  func explains(_ values: Set<Int32>) -> Bool { values.isSubset(of: classes.values) }
}

/// How published numbers of a data set were made.
public struct EvaluationProtocol: Sendable, Equatable {
  /// The protocol in words.
  public let about: String?
  /// Keys of a recipe and their values, as `graft tune --set` takes them.
  public let settings: [String]
  /// The convention of `graft evaluate`.
  public let convention: String?

  /// The options that follow the protocol, as one writes them.
  public var options: String {
    let sets = settings.map(setting).joined(separator: " ")
    let tune = settings.isEmpty ? [] : ["graft tune \(sets)"]
    let evaluate = convention.map { ["graft evaluate --convention \($0)"] } ?? []
    return (tune + evaluate).joined(separator: "; ")
  }

  private func setting(_ text: String) -> String {
    text.contains { " ()[]{}*".contains($0) } ? "--set '\(text)'" : "--set \(text)"
  }
}

/// The channels of a data set: their names in the pack, in its order.
struct ChannelRule: Sendable, Equatable {
  struct Channel: Sendable, Equatable {
    let name: String
    /// The words file names have for it; none where all channels are in one file.
    let words: [String]
  }

  let channels: [Channel]
  /// The channels a pack gets where nothing else is asked for.
  let keep: [String]
  /// The channels that may be missing, in all cases alike.
  let optional: Set<String>

  var names: [String] { channels.map(\.name) }

  /// The channel a word of a file's name means, in capital or small letters.
  func name(of word: String) -> String? {
    channels.first { $0.words.contains { $0.lowercased() == word.lowercased() } }?.name
  }
}

/// One of the ways in which a data set's files may lie.
struct DescribedLayout: Sendable, Equatable {
  enum Files: Sendable, Equatable {
    /// As a kind of data set reads them.
    case kind(DatasetKind)
    /// Where patterns say.
    case patterns(images: [FilePattern], labels: [FilePattern])
    /// The files of each case by name, one by one.
    case listed([ListedFiles])
  }

  /// The files of a case that a descriptor lists.
  struct ListedFiles: Sendable, Equatable {
    let id: String
    /// The images by channel; without a name for an image of all channels.
    let images: [NamedFile]
    /// The labels by class; without a name where values tell the classes.
    let labels: [NamedFile]
  }

  /// A path below the data set's folder, and what it holds.
  struct NamedFile: Sendable, Equatable {
    let name: String?
    let path: String
  }

  /// What a label file's numbers are.
  enum MaskRule: String, CaseIterable, Sendable {
    /// The values are labels.
    case values
    /// Whatever is not 0 (in a picture: neither black nor transparent) is 1.
    case foreground
  }

  /// What becomes of images without a label.
  enum Unlabelled: String, CaseIterable, Sendable {
    case refuse
    case skip
  }

  /// What becomes of labels on another grid than the image's.
  enum LabelGrid: String, CaseIterable, Sendable {
    /// They are refused.
    case keep
    /// Each voxel gets the label of the nearest.
    case nearest
  }

  let name: String
  let files: Files
  /// The label schemes such files can follow; nil for all.
  var schemes: [String]?
  var mask = MaskRule.values
  var unlabelled = Unlabelled.refuse
  /// The number of the first image in a file of several frames.
  var firstFrame: Int?
  /// Letters that count as the same in the names of cases.
  var same: Set<Character> = []
  /// The channel whose grid a case is packed in; nil where all channels share one.
  var grid: String?
  var labelGrid = LabelGrid.keep

  /// Whether label files are told apart by the class each holds.
  var namesClasses: Bool {
    switch files {
    case .kind: false
    case .patterns(_, let labels): labels.contains { $0.words.contains("class") }
    case .listed(let cases): cases.contains { $0.labels.contains { $0.name != nil } }
    }
  }
}
