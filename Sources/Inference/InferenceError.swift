public import Failures

/// Why a model cannot be applied.
public enum InferenceError: Failure, Equatable {
  /// The adapter was trained with prompts and has no classes of its own.
  case needsPrompts(adapter: String)
  /// The adapter does not say how images are prepared.
  case preparation(adapter: String)
  /// An image has too many channels.
  case channels(case: String, found: Int)
  /// Two files of one case have different grids.
  case grids(case: String, file: String, difference: String)
  /// Another image size was asked for than an adapter was trained at.
  case imageSize(adapter: String, asked: Int, trained: Int)
  /// A pack has no case in a split.
  case emptySplit(path: String, split: String, splits: [String])
  /// Prompts were given though the adapter has classes of its own.
  case needsNoPrompts(adapter: String)
  /// A mask cannot be written where it was to go; the reason is a sentence's end.
  case target(String, reason: String)
  /// There is nothing to predict in a folder.
  case nothingToPredict(path: String)

  /// What was asked for, or what was given.
  public var kind: FailureKind {
    switch self {
    case .imageSize, .needsNoPrompts, .emptySplit, .target: .usage
    default: .badInput
    }
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .needsPrompts(let adapter):
      """
      \(adapter) was trained with prompts and has no classes of its own, so it cannot segment a whole volume. \
      Give one image and a prompt (--point, --box or --mask), or tune with `prompts: none`.
      """
    case .preparation(let adapter):
      "\(adapter) does not say how images are prepared (its metadata \"preprocessing\"). Was it made by graft tune?"
    case .channels(let name, let found):
      "\(name) has \(found) channels; a model sees one to three. Choose some with --channels when packing."
    case .grids(let name, let file, let difference):
      "\(name): the grid of \(file) differs from that of the first channel: \(difference)."
    case .imageSize(let adapter, let asked, let trained):
      """
      \(adapter) was trained on images of \(trained) pixels a side, and \(asked) was asked for. \
      Leave out --image-size, or tune at that size.
      """
    case .emptySplit(let path, let split, let splits):
      "\(path) has no case in the split \(split). Its splits: \(splits.joined(separator: ", "))."
    case .needsNoPrompts(let adapter):
      """
      \(adapter) segments its own classes without prompts. Leave out the prompts, or the adapter.
      """
    case .target(let path, let reason):
      "The mask cannot be \(path): \(reason). Give another --out."
    case .nothingToPredict(let path):
      """
      \(path) holds no image graft reads (.nii, .nii.gz, .nrrd, .nhdr, .mha, .mhd, .png, DICOM or a pack). \
      Name a file or a folder with images.
      """
    }
  }
}
