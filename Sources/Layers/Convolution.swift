public import Autodiff
public import Checkpoints

/// A convolution whose kernel is as large as its stride: a linear map of patches, with a slot for corrections.
public struct PatchConvolution {
  /// The kernels [O, C, k, k].
  public let weight: Parameter
  /// The offset [O], where the convolution has one.
  public let bias: Parameter?
  /// Where corrections plug in; the matrix is [O, C·k·k].
  public let slot: Slot
  private let size: Int

  /// Claims `weight` and, if wanted, `bias`.
  public init(
    _ scope: Scope, from inputs: Int, to outputs: Int, size: Int, bias hasBias: Bool = true
  ) throws(CheckpointError) {
    weight = try scope("weight", outputs, inputs, size, size)
    bias = hasBias ? try scope("bias", outputs) : nil
    slot = scope.slot(.convolution, outputs: outputs, inputs: inputs * size * size)
    self.size = size
  }

  /// The convolution of `x` [B, H, W, C]: [B, H/k, W/k, O].
  public func callAsFunction(_ x: Variable) -> Variable {
    applied(toPatches: size == 1 ? x : patchify(x, size: size))
  }

  /// The convolution of patches [..., C·k·k] that are cut out already.
  public func applied(toPatches patches: Variable) -> Variable {
    let matrix = reshape(weight.variable, [slot.outputs, slot.inputs])
    return slot(linear(patches, matrix, bias?.variable), input: patches)
  }
}

/// A convolution of 3 x 3 kernels with padding 1 and stride 1.
public struct Convolution3x3 {
  /// The kernels [O, C, 3, 3].
  public let weight: Parameter
  /// The offset [O], where the convolution has one.
  public let bias: Parameter?

  /// Claims `weight` and, if wanted, `bias`.
  public init(
    _ scope: Scope, from inputs: Int, to outputs: Int, bias hasBias: Bool = false
  ) throws(CheckpointError) {
    weight = try scope("weight", outputs, inputs, 3, 3)
    bias = hasBias ? try scope("bias", outputs) : nil
  }

  /// The convolution of `x` [B, H, W, C]: [B, H, W, O].
  public func callAsFunction(_ x: Variable) -> Variable {
    convolution3x3(x, weight.variable, bias?.variable)
  }
}

/// A transposed convolution of 2 x 2 kernels with stride 2, which doubles an image's sides.
public struct TransposedConvolution {
  /// The kernels [C, O, 2, 2].
  public let weight: Parameter
  /// The offset [O].
  public let bias: Parameter

  /// Claims `weight` and `bias`.
  public init(_ scope: Scope, from inputs: Int, to outputs: Int) throws(CheckpointError) {
    weight = try scope("weight", inputs, outputs, 2, 2)
    bias = try scope("bias", outputs)
  }

  /// The transposed convolution of `x` [B, H, W, C]: [B, 2H, 2W, O].
  public func callAsFunction(_ x: Variable) -> Variable {
    transposedConvolution2x2(x, weight.variable, bias.variable)
  }
}
