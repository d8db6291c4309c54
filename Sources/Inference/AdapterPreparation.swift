public import Adaptation
import Foundation
public import SegmentAnything

extension ImagePreparation {
  /// The preparation an adapter was trained with, at another image size if one is given.
  /// - Throws: `InferenceError.preparation` where the adapter does not say it, `ConfigurationError.imageSize` for a size that
  ///   is no multiple of the model's patch.
  public init(of adapter: Adapter, name: String, size: Int?, _ model: Sam) throws {
    guard
      var preparation = try? JSONDecoder().decode(
        ImagePreparation.self, from: Data(adapter.preprocessing.utf8))
    else { throw InferenceError.preparation(adapter: name) }
    preparation.size = size ?? preparation.size
    let patch = model.configuration.patch
    guard preparation.size > 0, preparation.size % patch == 0 else {
      throw ConfigurationError.imageSize(preparation.size, patch: patch)
    }
    self = preparation
  }
}
