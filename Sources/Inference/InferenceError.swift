public import Failures

/// Why a model cannot be applied.
public enum InferenceError: Failure, Equatable {
  /// The adapter was trained with prompts and has no classes of its own.
  case needsPrompts(adapter: String)
  /// The adapter does not say how images are prepared.
  case preparation(adapter: String)
  /// An image has too many channels.
  case channels(case: String, found: Int)
  /// There is nothing to predict in a folder.
  case nothingToPredict(path: String)

  /// All are about what was given.
  public var kind: FailureKind { .badInput }

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
    case .nothingToPredict(let path):
      "\(path) holds no image graft reads (.nii, .nii.gz, .png or a pack). Name a file or a folder with images."
    }
  }
}
