import Archives
import Failures
import Foundation

/// The weights that come with graft: beside the installed program, else in the checkout it was built in.
enum BundledWeights {
  /// The one `.safetensors` file of the first folder that has any.
  static func path() throws -> String {
    let folders = Installation.folders(installed: "", checkout: "Weights")
    for folder in folders {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      if let weights = files.filter({ $0.hasSuffix(".safetensors") }).min() {
        return "\(folder)/\(weights)"
      }
    }
    throw WeightsError(installed: folders[0])
  }
}

/// No weights came with this program.
struct WeightsError: Failure {
  let installed: String
  var kind: FailureKind { .badInput }
  var description: String {
    """
    No bundled weights were found, neither in \(installed) nor in the Weights folder of a checkout. \
    Name a checkpoint with --weights.
    """
  }
}
