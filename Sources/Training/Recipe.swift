public import Adaptation
public import Tensors

/// A training run in one value, as its YAML file says it; the keys of the file are the names in `CodingKeys`.
///
/// What is optional here is filled in when the run starts (`resolved`), and the run folder keeps the result; what a method
/// does not have stays nil.
public struct Recipe: Codable, Sendable, Equatable {
  /// The path of the base weights.
  public var weights: String
  /// The path of the pack.
  public var pack: String
  /// The run folder.
  public var out: String
  /// What learns.
  public var method: Plan.Method
  /// How a slice becomes the encoder's image.
  public var image: Image
  /// Which slices are trained on.
  public var slices: Slices
  /// What becomes of the mask tokens.
  public var classes: Classes
  /// The size and the places of the low-rank corrections.
  public var lora: LowRankSettings
  /// The learned prompt tokens, for the methods that have them.
  public var tokens: Tokens?
  /// What the model is told of the object.
  public var prompts: Prompts
  /// How slices are varied.
  public var augment: Augment
  /// Which new slices are made of them; none where nothing is said.
  public var synthesis: SynthesisSettings?
  /// What is minimised.
  public var loss: Loss
  /// How parameters move.
  public var optimizer: OptimizerSettings
  /// How the rate changes.
  public var schedule: ScheduleSettings
  /// How long to train.
  public var budget: Budget
  /// The number format of the encoder's frozen products, where the processor has it; what learns is float32.
  public var precision: Precision
  /// The number format embeddings are stored in.
  public var store: NumberFormat
  /// The samples in a step.
  public var batch: Int
  /// What all random numbers come from.
  public var seed: UInt64
  /// How often the state is saved.
  public var snapshot: SnapshotSettings
  /// The samples of each step, in place of a random order: indices into the samples ordered by case, then slice.
  public var batches: [[Int]]?
  /// The cases that are learned from; those of the split `train`, or all where there is no split, where none are named.
  public var exemplars: [String]?
  /// Files whose tensors replace those of the same name.
  public var initial: [String]?

  /// How a slice becomes the encoder's image.
  public struct Image: Codable, Sendable, Equatable {
    /// The side in pixels; the model's own where nothing is said.
    public var size: Int?
    /// How the slice is fitted to it.
    public var resize: Resize
    /// The side of a square that slices go through on their way there, as 224 in TransUNet's protocol; none where nothing
    /// is said.
    public var detour: Int?
    /// How intensities become the encoder's numbers.
    public var normalise: Intensities
  }

  /// How a slice is fitted to the encoder's square.
  public enum Resize: String, Choice {
    /// The longest side becomes the square's, the rest is padded with zeros at the right and bottom.
    case longestSide = "longest-side"
    /// Each axis becomes the square's side.
    case square
  }

  /// Which slices are trained on.
  public struct Slices: Codable, Sendable, Equatable {
    /// The plane slices are cut in.
    public var plane: Plane
    /// The share of slices without a label among those trained on.
    public var empty: Double
  }

  /// The plane slices are cut in.
  public enum Plane: String, Choice {
    /// The plane of the finest resolution, in which the scanner acquired the slices.
    case acquired
    /// Seen from the feet.
    case axial
    /// Seen from the front.
    case coronal
    /// Seen from the left.
    case sagittal
  }

  /// What becomes of the mask tokens.
  public struct Classes: Codable, Sendable, Equatable {
    /// Whether they learn.
    public var heads: Plan.Heads
    /// What those of the classes start from.
    public var start: Start
  }

  /// What the class tokens start from.
  public enum Start: String, Choice {
    /// Random numbers, as a new layer of PyTorch has them.
    case fresh
    /// The pretrained token of the single mask.
    case copy
    /// Those of the weights, which were adapted to the same classes before and merged.
    case keep
  }

  /// The size and the places of the low-rank corrections.
  public struct LowRankSettings: Codable, Sendable, Equatable {
    /// The rank R.
    public var rank: Int
    /// What the product is multiplied by.
    public var scale: Scale
    /// The layers of the decoder's transformer that are corrected; the method's own where nothing is said.
    public var targets: [Plan.Target]?
    /// The layers of the encoder that are corrected; the method's own where nothing is said.
    public var encoderTargets: [Plan.Target]?
    /// The number of the image encoder's last blocks that `lora-last` corrects; only that method has it.
    public var last: Int?
    /// What they hold before the first step.
    public var initialisation: Plan.Initialisation

    enum CodingKeys: String, CodingKey {
      case rank, scale, targets, last
      case encoderTargets = "encoder_targets"
      case initialisation = "init"
    }
  }

  /// The learned prompt tokens of `ptsam`, `vpt-shallow` and `vpt-deep`.
  public struct Tokens: Codable, Sendable, Equatable {
    /// How many each class has, and how many join before a block of the image encoder.
    public var count: Int
  }

  /// What the model is told of the object, in training simulated from the label.
  public enum Prompts: String, Choice {
    /// Nothing: a token for each class predicts it.
    case none
    /// A box around the object.
    case box
    /// Points in the object and beside it.
    case points
    /// A coarse mask.
    case mask
    /// One of the others at random.
    case mixed
  }

  /// How slices are varied.
  public struct Augment: Codable, Sendable, Equatable {
    /// The set of changes.
    public var kind: Augmentation
    /// The number of variants of a slice, where each is encoded once.
    public var variants: Int
  }

  /// A set of changes.
  public enum Augmentation: String, Choice {
    /// The slices as they are.
    case none
    /// Quarter turns and flips, or small rotations, as SAMed has them.
    case samed
    /// Flips, rotation, scale and intensity.
    case free
  }

  /// What is minimised.
  public struct Loss: Codable, Sendable, Equatable {
    /// The formula.
    public var name: LossName
    /// The weight of the cross entropy.
    public var ce: Double
    /// The weight of the Dice loss.
    public var dice: Double
  }

  /// A loss.
  public enum LossName: String, Choice {
    /// Cross entropy and Dice over the classes.
    case crossEntropyDice = "ce-dice"
    /// Focal loss, Dice and the error of the predicted IoU, for prompted objects.
    case focalDiceIoU = "focal-dice-iou"
  }

  /// How parameters move.
  public struct OptimizerSettings: Codable, Sendable, Equatable {
    /// The rule.
    public var name: OptimizerName
    /// The base rate.
    public var rate: Double
    /// The decay of the two averages; the first is the momentum of `sgd`.
    public var betas: [Double]
    /// The decay of the weights.
    public var weightDecay: Double
    /// The greatest common norm of the gradients.
    public var clip: Clip

    enum CodingKeys: String, CodingKey {
      case name, rate, betas
      case weightDecay = "weight_decay"
      case clip
    }
  }

  /// An update rule.
  public enum OptimizerName: String, Choice {
    /// Adam with decoupled weight decay.
    case adamw
    /// Gradient descent with momentum.
    case sgd
  }

  /// How the rate changes.
  public struct ScheduleSettings: Codable, Sendable, Equatable {
    /// The formula.
    public var name: ScheduleName
    /// The steps of the rise; a tenth of the run, 250 at most, where nothing is said.
    public var warmup: Int?
    /// The steps after which the rate would be 0; the run's where nothing is said.
    public var total: Int?
  }

  /// A schedule.
  public enum ScheduleName: String, Choice {
    /// Warm-up and polynomial decay as SAMed has them.
    case samed
    /// Warm-up and half a cosine.
    case cosine
    /// One rate.
    case constant
  }

  /// How long to train: one of the four.
  public struct Budget: Codable, Sendable, Equatable {
    /// The number of steps.
    public var steps: Int?
    /// The number of passes over the samples.
    public var epochs: Double?
    /// The time, which a few timed steps turn into a number of steps.
    public var seconds: Double?
    /// The time of the processor over all threads, which other programs on the machine leave as it is.
    public var processorSeconds: Double?

    enum CodingKeys: String, CodingKey {
      case steps, epochs, seconds
      case processorSeconds = "processor_seconds"
    }

    /// One of the four.
    public init(
      steps: Int? = nil, epochs: Double? = nil, seconds: Double? = nil,
      processorSeconds: Double? = nil
    ) {
      self.steps = steps
      self.epochs = epochs
      self.seconds = seconds
      self.processorSeconds = processorSeconds
    }
  }

  /// How often the state is saved.
  public struct SnapshotSettings: Codable, Sendable, Equatable {
    /// The steps between two snapshots.
    public var every: Int
    /// How many of the last ones stay.
    public var keep: Int
  }
}
