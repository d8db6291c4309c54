public import Autodiff
public import Layers
public import Tensors

/// A correction of low rank to a frozen linear map: `s · B · A · x`.
///
/// `A` [R, K] starts random and `B` [n, R] at zero, so a fresh correction changes nothing and the first step moves only
/// `B`. It is added to the rows `column ..< column + n` of the map's output. The scale `s` (1 as in SAMed, or `α / R`)
/// keeps the size of the correction, and with it the learning rate, comparable across ranks. The rank is at most the
/// smaller side of the matrix.
///
/// Hu et al., LoRA (2021), section 4.1.
public final class LowRank: Correction {
  /// `<path>.lora_A` [R, K].
  public let a: Parameter
  /// `<path>.lora_B` [n, R].
  public let b: Parameter
  /// What the product is multiplied by.
  public let scale: Float
  /// The first corrected output.
  public let column: Int

  /// A fresh correction called `path` of `outputs` outputs of a map of `inputs` inputs.
  ///
  /// `A` is uniform in ±1/√K, which is PyTorch's `kaiming_uniform_` with a = √5; its sequence is split off by its name.
  public init(
    _ path: String, inputs: Int, outputs: Int, rank: Int, scale: Float, column: Int = 0,
    using random: Random
  ) {
    precondition(rank > 0, "LowRank \(path): rank \(rank)")
    let rank = min(rank, inputs, outputs)
    var random = random.split("\(path).lora_A")
    let bound = 1 / Float(inputs).squareRoot()
    let values = (0..<rank * inputs).map { _ in random.uniform(-bound, bound) }
    a = Parameter("\(path).lora_A", Tensor([rank, inputs], values))
    b = Parameter("\(path).lora_B", Tensor(zeros: [outputs, rank]))
    self.scale = scale
    self.column = column
  }

  /// The frozen map's result with the correction for the input added.
  public func corrected(_ y: Variable, input x: Variable) -> Variable {
    addLowRank(to: y, from: x, a: a.variable, b: b.variable, scale: scale, at: column)
  }

  /// The frozen map's matrix with the correction added to its rows.
  public func corrected(matrix: Variable) -> Variable {
    addLowRank(toMatrix: matrix, a: a.variable, b: b.variable, scale: scale, at: column)
  }
}
