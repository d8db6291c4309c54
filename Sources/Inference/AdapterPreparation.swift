public import Adaptation
import Foundation
import SegmentAnything

extension ImagePreparation {
  /// The preparation an adapter was trained with.
  ///
  /// What it learned is for one image size; where a size is asked for it must be that one.
  /// - Throws: `InferenceError.preparation` where the adapter does not say it, `InferenceError.imageSize` for another size,
  ///   `ConfigurationError.imageSize` for one that is no multiple of the model's patch.
  public init(of adapter: Adapter, name: String, size: Int?, patch: Int) throws {
    guard
      let preparation = try? JSONDecoder().decode(
        ImagePreparation.self, from: Data(adapter.preprocessing.utf8))
    else { throw InferenceError.preparation(adapter: name) }
    guard size == nil || size == preparation.size else {
      throw InferenceError.imageSize(adapter: name, asked: size ?? 0, trained: preparation.size)
    }
    guard preparation.size > 0, preparation.size % patch == 0 else {
      throw ConfigurationError.imageSize(preparation.size, patch: patch)
    }
    self = preparation
  }
}
