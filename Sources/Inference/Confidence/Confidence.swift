/// How sure the mask of one class in one case is.
public struct Confidence: Codable, Equatable, Sendable {
  /// What the confidence is made of, each from 0 to 1; nil where it cannot be told.
  public struct Parts: Codable, Equatable, Sendable {
    /// The IoU the mask decoder expects of its own mask.
    ///
    /// nil for masks of class tokens: their losses never train the head that would tell it. With prompts it is SAM's own.
    public var predictedIoU: Double?
    /// The Dice the probabilities let expect: of a mask M, 2 Σ p over M / (Σ p + |M|), p being the softmax of the logits.
    public var expectedDice: Double?
    /// How well each slice of the mask fits between its neighbours.
    public var sliceAgreement: Double?
    /// The Dice between the mask and that of the mirrored image, where it was asked for.
    public var flipAgreement: Double?

    enum CodingKeys: String, CodingKey {
      case predictedIoU = "predicted_iou"
      case expectedDice = "expected_dice"
      case sliceAgreement = "slice_agreement"
      case flipAgreement = "flip_agreement"
    }

    /// Parts, of which some may be missing.
    public init(
      predictedIoU: Double? = nil, expectedDice: Double? = nil, sliceAgreement: Double? = nil,
      flipAgreement: Double? = nil
    ) {
      self.predictedIoU = predictedIoU
      self.expectedDice = expectedDice
      self.sliceAgreement = sliceAgreement
      self.flipAgreement = flipAgreement
    }

    /// Writes every part, what is missing as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(predictedIoU, forKey: .predictedIoU)
      try container.encode(expectedDice, forKey: .expectedDice)
      try container.encode(sliceAgreement, forKey: .sliceAgreement)
      try container.encode(flipAgreement, forKey: .flipAgreement)
    }

    /// The product of the parts that count; nil where the class was not predicted.
    ///
    /// The flip does not count: it was found to say nothing about an adaptation that never saw mirrored images.
    var confidence: Double? {
      guard let expected = predictedIoU ?? expectedDice else { return nil }
      return min(1, max(0, expected)) * (sliceAgreement ?? 1)
    }
  }

  /// The case, named as its mask's file without its ending.
  public var `case`: String
  /// The name of the class.
  public var label: String
  /// The value of the class in the mask.
  public var value: Int
  /// From 0 to 1; nil where the class was not predicted at all.
  public var confidence: Double?
  /// What it is made of.
  public var parts: Parts
  /// Whether the case is worth a look.
  public var isFlagged = false

  enum CodingKeys: String, CodingKey {
    case `case`, label, value, confidence, parts
    case isFlagged = "flagged"
  }

  /// The confidence that parts give.
  public init(case name: String, label: String, value: Int, parts: Parts) {
    self.case = name
    self.label = label
    self.value = value
    self.parts = parts
    confidence = parts.confidence
  }

  /// Writes every field, what is missing as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(self.case, forKey: .case)
    try container.encode(label, forKey: .label)
    try container.encode(value, forKey: .value)
    try container.encode(confidence, forKey: .confidence)
    try container.encode(parts, forKey: .parts)
    try container.encode(isFlagged, forKey: .isFlagged)
  }
}
