import Autodiff
import Checkpoints
import Layers

/// Brings a transformer's tokens back to the image's pixels, by way of an early block's tokens and of the image itself.
///
///     a = up1(last), b = skip1(first):  2x2 transposed convolutions, which double the grid
///     stage1 = lrelu(in1(conv1([a, b]))),  c = lrelu(in_skip2(skip2(image)))
///     stage2 = lrelu(in2(conv2([up2(stage1), c]))),  logits = head(stage2)
///
/// 3x3 convolutions have no offset; the slope of the rectifiers is 0.01.
struct UNETRDecoder {
  private let up1, skip1, up2: TransposedConvolution
  private let conv1, conv2, skip2: Convolution3x3
  private let in1, in2, inSkip2: InstanceNorm
  private let head: PatchConvolution

  private static let slope: Float = 0.01

  init(
    _ scope: Scope, channels: Int, width: Int, stages: (Int, Int), classes: Int
  ) throws(CheckpointError) {
    let slope = UNETRDecoder.slope
    up1 = try TransposedConvolution(scope / "up1", from: width, to: stages.0)
    skip1 = try TransposedConvolution(scope / "skip1", from: width, to: stages.0)
    conv1 = try Convolution3x3(scope / "conv1", from: 2 * stages.0, to: stages.0)
    in1 = try InstanceNorm(scope / "in1", width: stages.0, slope: slope)
    up2 = try TransposedConvolution(scope / "up2", from: stages.0, to: stages.1)
    skip2 = try Convolution3x3(scope / "skip2", from: channels, to: stages.1)
    inSkip2 = try InstanceNorm(scope / "in_skip2", width: stages.1, slope: slope)
    conv2 = try Convolution3x3(scope / "conv2", from: 2 * stages.1, to: stages.1)
    in2 = try InstanceNorm(scope / "in2", width: stages.1, slope: slope)
    head = try PatchConvolution(scope / "head", from: stages.1, to: classes, size: 1)
  }

  /// Both stages and the logits, channel-last, of the tokens after the first and the last block as maps [1, g, g, C], and
  /// of the image [1, 4g, 4g, c].
  func callAsFunction(
    first: Variable, last: Variable, image: Variable
  ) -> (stage1: Variable, stage2: Variable, logits: Variable) {
    let stage1 = in1(conv1(concatenate([up1(last), skip1(first)], axis: 3)))
    let ofImage = inSkip2(skip2(image))
    let stage2 = in2(conv2(concatenate([up2(stage1), ofImage], axis: 3)))
    return (stage1, stage2, head(stage2))
  }
}
