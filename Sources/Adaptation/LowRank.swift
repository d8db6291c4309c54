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
/// Or both start with what the map itself does most: `s · B₀ · A₀` is the best approximation of its matrix W of the rank,
/// and the correction is `s · (B · A - B₀ · A₀)`. That is PiSSA, which trains the principal part of W over a frozen rest
/// `W - s · B₀ · A₀`; here W itself stays, so that the correction is a plain one of twice the rank, `[B, -B₀] · [A; A₀]`.
///
/// Hu et al., LoRA (2021), section 4.1; Meng et al., PiSSA (2024), section 3 and appendix C.
public final class LowRank: Correction {
  /// `<path>.lora_A` [R, K].
  public let a: Parameter
  /// `<path>.lora_B` [n, R].
  public let b: Parameter
  /// What the product is multiplied by.
  public let scale: Float
  /// The first corrected output.
  public let column: Int
  /// What A and B started from where that is not nothing: A₀ [R, K] and -B₀ [n, R], which do not learn.
  private let origin: (a: Tensor, minusB: Tensor)?

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
    origin = nil
  }

  /// A correction called `path` that starts with the principal part of what it corrects, the rows `matrix` [n, K].
  ///
  /// Both factors have the roots of the singular values, those of the scale as well. Nil where the matrix has no
  /// singular values, as where a number in it is not finite.
  public init?(_ path: String, principalOf matrix: Tensor, rank: Int, scale: Float, column: Int = 0)
  {
    precondition(rank > 0 && scale != 0, "LowRank \(path): rank \(rank), scale \(scale)")
    guard let triples = WideMatrix(matrix).singular else { return nil }
    let factors = triples.factors(rank: rank)
    let root = 1 / abs(scale).squareRoot()
    let first = factors.a.tensor.scaled(by: root)
    let second = factors.b.tensor.scaled(by: scale < 0 ? -root : root)
    a = Parameter("\(path).lora_A", first)
    b = Parameter("\(path).lora_B", second)
    self.scale = scale
    self.column = column
    origin = (first, second.scaled(by: -1))
  }

  /// The factors [r, K] and [n, r] of the whole correction, r = R, or 2 R where A and B started from something.
  private var whole: (a: Variable, b: Variable) {
    guard let origin else { return (a.variable, b.variable) }
    return (
      concatenate([a.variable, Variable(origin.a)], axis: 0),
      concatenate([b.variable, Variable(origin.minusB)], axis: 1)
    )
  }

  /// The values of A and B of the plain correction that does the same.
  ///
  /// Where A and B started from something its rank is twice theirs, or the smaller side of the matrix.
  var plain: (a: Tensor, b: Tensor) {
    let (a, b) = (whole.a.value, whole.b.value)
    return AdapterTensors.Correction(path: self.a.name, a: a, b: b).fitted(to: a.shape[0])
  }

  /// The frozen map's result with the correction for the input added.
  public func corrected(_ y: Variable, input x: Variable) -> Variable {
    let (a, b) = whole
    return addLowRank(to: y, from: x, a: a, b: b, scale: scale, at: column)
  }

  /// The frozen map's matrix with the correction added to its rows.
  public func corrected(matrix: Variable) -> Variable {
    let (a, b) = whole
    return addLowRank(toMatrix: matrix, a: a, b: b, scale: scale, at: column)
  }
}
