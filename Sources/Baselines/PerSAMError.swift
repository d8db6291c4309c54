public import Failures

/// Why a model cannot be personalised.
public enum PerSAMError: Failure, Equatable {
  /// A model whose mask tokens are not those of single and of three masks.
  case maskTokens(found: Int)

  /// The weights cannot be used.
  public var kind: FailureKind { .badInput }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .maskTokens(let found):
      """
      PerSAM needs SAM's own 4 mask tokens, of one mask and of three scales; these weights have \(found). Give \
      pretrained weights without class heads.
      """
    }
  }
}
