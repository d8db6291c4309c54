public import Tensors

/// What a reference tells the mask decoder of the object it is to find.
///
/// Zhang et al., Personalize Segment Anything Model with One Shot (2023), section 3.2: target-guided attention and
/// target-semantic prompting.
public struct Guidance {
  /// How much each token of the image resembles the object, [g · g]: added to the probabilities with which tokens look at
  /// the image, which a second softmax turns into probabilities again.
  public let prior: Tensor
  /// What the object looks like, [C]: added to the tokens.
  public let target: Tensor

  /// A prior over the image's tokens and an object's embedding.
  public init(prior: Tensor, target: Tensor) {
    self.prior = prior
    self.target = target
  }
}
