public import Adaptation
import Autodiff
import Foundation
import SegmentAnything
public import Tensors
public import Volumes

/// A model, what it was trained to see, and its classes: turns volumes into label volumes.
public struct VolumePrediction {
  /// The adapted model.
  public let model: AdaptedModel
  /// How a volume becomes the model's images.
  public let preparation: ImagePreparation
  /// The classes; class 1 first.
  public let labels: [Adapter.Label]
  /// Whether only the largest connected component of each class is kept.
  public let keepsLargest: Bool

  /// Images of up to this many tokens a side are worked on side by side, one a thread; larger ones one by one.
  private static let smallGrid = 32

  /// The prediction of an adapter on its base weights; an image size, where given, must be the adapter's.
  /// - Throws: `InferenceError.needsPrompts` for an adapter trained with prompts, which has no classes.
  public init(
    _ adapter: Adapter, model: AdaptedModel, name: String, keepsLargest: Bool,
    imageSize: Int? = nil
  ) throws {
    guard model.plan.classHeads != nil else { throw InferenceError.needsPrompts(adapter: name) }
    preparation = try ImagePreparation(of: adapter, name: name, size: imageSize, model.model)
    self.model = model
    labels = adapter.labels
    self.keepsLargest = keepsLargest
  }

  /// The labels of a volume, in the grid of its source.
  ///
  /// Each slice's logits are brought back to the slice's own pixels before the class of the highest is taken.
  public func labels(of volume: Volume, case name: String) throws -> LabelVolume {
    guard (1...3).contains(volume.channels) else {
      throw InferenceError.channels(case: name, found: volume.channels)
    }
    let canonical = volume.canonical
    let normalised = Volume(
      voxels: try preparation.normalised(canonical.voxels, case: name),
      geometry: canonical.geometry, source: canonical.source)
    let slices = preparation.plane.slices(of: canonical.geometry)
    var classes = [UInt8](repeating: 0, count: canonical.geometry.count)
    for (index, slice) in predictedSlices(of: normalised, slices).enumerated() {
      slices.put(slice, index, into: &classes)
    }
    if keepsLargest {
      classes = Components.keepingLargest(
        perClass: classes, extents: canonical.geometry.extents)
    }
    let values = labels.map { Int32($0.value) }
    return LabelVolume(
      values: classes.map { $0 == 0 ? 0 : values[Int($0) - 1] }, geometry: canonical.geometry,
      source: volume.source
    ).restored
  }

  private func predictedSlices(of volume: Volume, _ slices: Slices) -> [[UInt8]] {
    var predicted = [[UInt8]](repeating: [], count: slices.count)
    let small = preparation.size / model.model.configuration.patch <= VolumePrediction.smallGrid
    predicted.withUnsafeMutableBufferPointer { buffer in
      let predicted = buffer
      func predict(_ index: Int) {
        predicted[index] = classes(of: slices.image(index, of: volume))
      }
      if small { parallel(slices.count, predict) } else { (0..<slices.count).forEach(predict) }
    }
    return predicted
  }

  /// The class of each pixel of a slice [C, h, w] of a normalised volume.
  public func classes(of slice: Tensor) -> [UInt8] {
    let (height, width) = (slice.shape[1], slice.shape[2])
    let embedding = model.model.imageEncoder(preparation.input(slice)).detached
    let masks = model.model.masks(of: embedding).masks.value
    let logits = preparation.restored(
      masks.reshaped(Array(masks.shape.dropFirst())), height: height, width: width)
    return VolumePrediction.highest(logits)
  }

  /// The index of the highest of the first axis at every pixel of logits [K, h, w]; the lowest index where they tie.
  public static func highest(_ logits: Tensor) -> [UInt8] {
    let (classes, pixels) = (logits.shape[0], logits.shape[1] * logits.shape[2])
    var best = [UInt8](repeating: 0, count: pixels)
    logits.withPointer { logits in
      for pixel in 0..<pixels {
        for candidate in 1..<classes
        where logits[candidate * pixels + pixel] > logits[Int(best[pixel]) * pixels + pixel] {
          best[pixel] = UInt8(candidate)
        }
      }
    }
    return best
  }
}
