import Archives
import Autodiff
import Foundation
public import SegmentAnything
public import Tensors
public import Volumes

/// A model that answers prompts about one image, as segment_anything's `SamPredictor` does.
public struct PromptedPrediction {
  /// The answer to a prompt: M masks, one or the choices of an ambiguous prompt.
  public struct Answer {
    /// The decoder's logits [M, 4g, 4g].
    public let lowResolution: Tensor
    /// The logits [M, H, W] at the image's own size; above 0 is the object.
    public let logits: Tensor
    /// The expected IoU of each mask, as the model says.
    public let iou: [Float]
    /// The image's embedding [C, g, g].
    public let embedding: Tensor
  }

  private let model: Sam
  private let size: Int
  private let preparation: ImagePreparation?

  /// A model at an image size, its own where none is given.
  public init(_ model: Sam, size: Int? = nil) throws(ConfigurationError) {
    let patch = model.configuration.patch
    self.size = size ?? model.configuration.imageSize
    guard self.size > 0, self.size % patch == 0 else {
      throw .imageSize(self.size, patch: patch)
    }
    self.model = model
    preparation = nil
  }

  /// An adapted model, which sees images as they were prepared in training.
  public init(_ model: Sam, preparation: ImagePreparation) {
    self.model = model
    size = preparation.size
    self.preparation = preparation
  }

  /// The answer to a prompt about an image; `name` stands for the image in errors.
  public func callAsFunction(
    _ image: Volume, _ prompt: PixelPrompt, multimask: Bool, name: String
  ) throws -> Answer {
    let shape = image.voxels.shape
    guard shape[1] == 1 else { throw PromptError.notOneSlice(path: name, slices: shape[1]) }
    guard [1, 3].contains(shape[0]) else {
      throw PromptError.channels(path: name, found: shape[0])
    }
    guard !multimask || model.configuration.maskTokens > 1 else {
      throw PromptError.noChoice(file: name)
    }
    let way = way(height: shape[2], width: shape[3])
    let low = 4 * size / model.configuration.patch
    let prompt = try prompt.prompt(way, low: low)
    let embedding = model.imageEncoder(try input(image, way, name: name))
    let prediction = model.masks(of: embedding, prompts: [prompt]).chosen(multimask: multimask)
    let masks = prediction.masks.value.reshaped(Array(prediction.masks.shape.dropFirst()))
    return Answer(
      lowResolution: masks, logits: way.restored(masks), iou: prediction.iou.value.values,
      embedding: channelsFirst(embedding.value))
  }

  private func way(height: Int, width: Int) -> Preprocessing {
    preparation?.way(height: height, width: width)
      ?? Preprocessing(size: size, height: height, width: width)
  }

  /// The encoder's input [3, size, size].
  private func input(_ image: Volume, _ way: Preprocessing, name: String) throws -> Tensor {
    guard let preparation else {
      return way.normalised(resized(try bytes(of: image, name: name), way))
    }
    let normalised = try preparation.normalised(image.voxels, case: name)
    return preparation.input(
      normalised.reshaped([normalised.shape[0], way.height, way.width]))
  }

  /// The image as bytes of three colours: 8-bit images as they are, others between the 0.5th and the 99.5th
  /// percentile of what is not background.
  private func bytes(of image: Volume, name: String) throws -> ByteImage {
    let (channels, pixels) = (image.voxels.shape[0], image.voxels.shape[2] * image.voxels.shape[3])
    let is8Bit = image.source.datatype == "uint8"
    let voxels =
      is8Bit
      ? image.voxels
      : try Normalisation.percentile(image.voxels, case: name).scaled(by: 255)
    let values = voxels.values
    let bytes = (0..<3 * pixels).map { at in
      UInt8(min(max(values[min(at % 3, channels - 1) * pixels + at / 3].rounded(), 0), 255))
    }
    return ByteImage(
      height: image.voxels.shape[2], width: image.voxels.shape[3], channels: 3, values: bytes)
  }

  /// The resized image [3, h, w] of values 0 to 255, to the last bit what Pillow makes of it.
  private func resized(_ image: ByteImage, _ way: Preprocessing) -> Tensor {
    let resized = image.resized(
      to: PlaneSize(height: way.resizedHeight, width: way.resizedWidth))
    let pixels = resized.height * resized.width
    return Tensor(
      [3, resized.height, resized.width],
      (0..<3 * pixels).map { Float(resized.values[$0 % pixels * 3 + $0 / pixels]) })
  }

  /// [1, g, g, C] as [C, g, g].
  private func channelsFirst(_ embedding: Tensor) -> Tensor {
    let (g, channels) = (embedding.shape[1], embedding.shape[3])
    let values = embedding.values
    return Tensor(
      [channels, g, g],
      (0..<channels * g * g).map { values[$0 % (g * g) * channels + $0 / (g * g)] })
  }
}

extension PromptedPrediction.Answer {
  /// The number of masks.
  public var count: Int { iou.count }

  /// The pixels of a mask: 1 where its logit is above 0.
  public func mask(_ index: Int) -> [UInt8] {
    let pixels = logits.shape[1] * logits.shape[2]
    return logits.withPointer { logits in
      (0..<pixels).map { logits[index * pixels + $0] > 0 ? 1 : 0 }
    }
  }

  /// Writes `low_res_logits` [M, h, w], `logits` [M, H, W], `iou` [M] and `embedding` [C, g, g] to an HDF5 file.
  public func writeLogits(to path: String) throws {
    try HDF5File.write(to: path) { file in
      try file.write(
        lowResolution.values, as: "low_res_logits", shape: lowResolution.shape)
      try file.write(logits.values, as: "logits", shape: logits.shape)
      try file.write(iou, as: "iou", shape: [count])
      try file.write(embedding.values, as: "embedding", shape: embedding.shape)
    }
  }

  /// Writes the masks and returns their paths: one to `path`, several to `path` with -0, -1, … before its ending.
  ///
  /// A `.png` has 0 and 255; another ending makes a label volume in the image's grid, of 0 and 1.
  public func writeMasks(to path: String, of image: Volume) throws -> [String] {
    try (0..<count).map { index in
      let target = count == 1 ? path : numbered(path, index)
      let mask = mask(index)
      if target.lowercased().hasSuffix(".png") {
        let picture = PNG(
          width: logits.shape[2], height: logits.shape[1], channels: 1,
          bytes: mask.map { $0 * 255 })
        try AtomicFile.write(picture.file, to: target)
      } else {
        try LabelVolume(
          values: mask.map(Int32.init), geometry: image.geometry, source: image.source
        ).write(target)
      }
      return target
    }
  }

  private func numbered(_ path: String, _ index: Int) -> String {
    let ending = WrittenFormat(path: path)?.ending ?? ""
    return "\(path.dropLast(ending.count))-\(index)\(ending)"
  }
}
