public import Autodiff
public import Checkpoints
public import Layers
import SegmentAnything
public import Tensors

/// A 2-D U-Net: what a task's exemplars teach without any pretrained weights.
///
/// Five levels of two 3x3 convolutions, each with instance norm and leaky ReLU (slope 0.1), joined by max pooling on the way
/// down and by transposed convolutions and the level's features on the way up. Names, sizes and offsets are those of MONAI's
/// `BasicUNet` with the features 24, 24, 48, 96, 192, 24, whose state dictionaries it reads: 1.1 million parameters.
/// Ronneberger, Fischer, Brox, U-Net (2015).
public final class UNet {
  /// The channels of the five levels on the way down, and of the last on the way up.
  static let features = [24, 24, 48, 96, 192, 24]

  /// What the sides of an image are multiples of.
  public static let divisor = 16

  /// All parameters, by their names in the checkpoint.
  public let inventory: Inventory
  private let first: ConvolutionPair
  private let down: [ConvolutionPair]
  private let up: [UpwardStep]
  private let head: PatchConvolution

  /// The network of a checkpoint, in which every tensor has its place.
  public init(
    _ checkpoint: Checkpoint, channels: Int = 3, classes: Int
  ) throws(CheckpointError) {
    let features = UNet.features
    inventory = Inventory()
    let root = Scope(checkpoint, listing: inventory)
    first = try ConvolutionPair(root / "conv_0", from: channels, to: features[0])
    var down: [ConvolutionPair] = []
    for level in 1...4 {
      down.append(
        try ConvolutionPair(
          root / "down_\(level)" / "convs", from: features[level - 1], to: features[level]))
    }
    self.down = down
    var up: [UpwardStep] = []
    for level in stride(from: 4, through: 1, by: -1) {
      up.append(
        try UpwardStep(
          root / "upcat_\(level)", from: features[level], skip: features[level - 1],
          raised: level == 1 ? features[1] : features[level] / 2,
          to: level == 1 ? features[5] : features[level - 1]))
    }
    self.up = up
    head = try PatchConvolution(root / "final_conv", from: features[5], to: classes, size: 1)
    try checkpoint.finish()
  }

  /// The logits [1, K, S, S] of an image [C, S, S], its sides multiples of 16.
  public func callAsFunction(_ image: Tensor) -> Variable {
    precondition(
      image.shape.count == 3 && image.shape.dropFirst().allSatisfy { $0 % UNet.divisor == 0 },
      "UNet: the sides of \(image.shape) are no multiples of \(UNet.divisor)")
    let last = image.channelLast
    var levels = [first(Variable(last.reshaped([1] + last.shape)))]
    for pair in down { levels.append(pair(maxPool2x2(levels[levels.count - 1]))) }
    var x = levels.removeLast()
    for step in up { x = step(x, skip: levels.removeLast()) }
    return head(x).planar
  }

  /// A checkpoint of random weights for images of some channels and for classes, the background one of them, drawn as
  /// PyTorch draws them; every tensor has its own sequence, split off by its name.
  public static func initialised(
    channels: Int = 3, classes: Int, using random: Random
  ) -> Checkpoint {
    let shapes = tensors(channels: channels, classes: classes)
    let fans = Initialisation.fans(of: shapes)
    return Checkpoint(
      shapes.map {
        ($0.name, Initialisation.value(of: $0, fans: fans, using: random.split($0.name)))
      }, source: "random weights")
  }

  /// The numbers the way back keeps for each pixel of an image: what goes into the convolutions, the norms and the way up.
  static let keptFloatsPerPixel: Int = {
    let down = (0...4).map { level in
      ((level == 0 ? 3 : features[level - 1]) + 3 * features[level]) / (1 << (2 * level))
    }
    let up = (0...3).map { level in 6 * features[level] / (1 << (2 * level)) }
    return (down + up).reduce(0, +)
  }()

  /// The names and shapes of all tensors.
  static func tensors(channels: Int, classes: Int) -> [TensorShape] {
    var tensors: [TensorShape] = []
    func pair(_ path: String, from inputs: Int, to outputs: Int) {
      for (index, inputs) in [inputs, outputs].enumerated() {
        let path = "\(path).conv_\(index)"
        tensors.append(TensorShape("\(path).conv.weight", [outputs, inputs, 3, 3]))
        for name in ["conv.bias", "adn.N.weight", "adn.N.bias"] {
          tensors.append(TensorShape("\(path).\(name)", [outputs]))
        }
      }
    }
    pair("conv_0", from: channels, to: features[0])
    for level in 1...4 {
      pair("down_\(level).convs", from: features[level - 1], to: features[level])
    }
    for level in stride(from: 4, through: 1, by: -1) {
      let raised = level == 1 ? features[1] : features[level] / 2
      tensors.append(
        TensorShape("upcat_\(level).upsample.deconv.weight", [features[level], raised, 2, 2]))
      tensors.append(TensorShape("upcat_\(level).upsample.deconv.bias", [raised]))
      pair(
        "upcat_\(level).convs", from: raised + features[level - 1],
        to: level == 1 ? features[5] : features[level - 1])
    }
    return tensors + [
      TensorShape("final_conv.weight", [classes, features[5], 1, 1]),
      TensorShape("final_conv.bias", [classes]),
    ]
  }
}

/// Two convolutions of a level, each normalised and rectified.
struct ConvolutionPair {
  private let convolutions: [Convolution3x3]
  private let norms: [InstanceNorm]

  init(_ scope: Scope, from inputs: Int, to outputs: Int) throws(CheckpointError) {
    var (convolutions, norms): ([Convolution3x3], [InstanceNorm]) = ([], [])
    for (index, inputs) in [inputs, outputs].enumerated() {
      let scope = scope / "conv_\(index)"
      convolutions.append(
        try Convolution3x3(scope / "conv", from: inputs, to: outputs, bias: true))
      norms.append(try InstanceNorm(scope / "adn" / "N", width: outputs, slope: 0.1))
    }
    self.convolutions = convolutions
    self.norms = norms
  }

  func callAsFunction(_ x: Variable) -> Variable {
    zip(convolutions, norms).reduce(x) { $1.1($1.0($0)) }
  }
}

/// A step to the next finer level: the coarser features at twice the size, joined to the level's own.
struct UpwardStep {
  private let raise: TransposedConvolution
  private let pair: ConvolutionPair

  init(
    _ scope: Scope, from inputs: Int, skip: Int, raised: Int, to outputs: Int
  ) throws(CheckpointError) {
    raise = try TransposedConvolution(scope / "upsample" / "deconv", from: inputs, to: raised)
    pair = try ConvolutionPair(scope / "convs", from: raised + skip, to: outputs)
  }

  func callAsFunction(_ x: Variable, skip: Variable) -> Variable {
    pair(concatenate([skip, raise(x)], axis: 3))
  }
}
