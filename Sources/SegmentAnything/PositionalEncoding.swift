import Checkpoints
import Foundation
import Layers
import Synchronization
import Tensors

/// Sines and cosines of random directions in the image plane.
///
/// Tancik et al., Fourier features let networks learn high frequency functions (2020).
final class PositionalEncoding {
  private let directions: Parameter
  private let grids = Mutex<(directions: Tensor, encodings: [[Int]: Tensor])?>(nil)

  init(_ scope: Scope, directions count: Int) throws(CheckpointError) {
    directions = try scope("positional_encoding_gaussian_matrix", 2, count, isConstant: true)
  }

  /// The encodings [n, C] of places given as shares of the image's width and height.
  func callAsFunction(_ places: [(x: Float, y: Float)]) -> Tensor {
    let count = directions.shape[1]
    return Tensor(unfilled: [places.count, 2 * count]) { encoding in
      directions.value.withPointer { directions in
        parallel(places.count) { index in
          let (x, y) = (2 * places[index].x - 1, 2 * places[index].y - 1)
          let row = encoding + index * 2 * count
          for channel in 0..<count {
            let phase = 2 * Float.pi * (x * directions[channel] + y * directions[count + channel])
            row[channel] = sin(phase)
            row[count + channel] = cos(phase)
          }
        }
      }
    }
  }

  /// The encodings [h, w, C] of the centres of a grid's tokens, kept for the next time.
  func grid(height: Int, width: Int) -> Tensor {
    let directions = directions.value
    return grids.withLock { kept in
      if let known = kept, known.directions == directions,
        let encoding = known.encodings[[height, width]]
      {
        return encoding
      }
      let encoding = encoded(height: height, width: width)
      let others = kept?.directions == directions ? kept?.encodings ?? [:] : [:]
      kept = (directions, others.merging([[height, width]: encoding]) { $1 })
      return encoding
    }
  }

  private func encoded(height: Int, width: Int) -> Tensor {
    let places = (0..<height * width).map { index in
      (
        x: (Float(index % width) + 0.5) / Float(width),
        y: (Float(index / width) + 0.5) / Float(height)
      )
    }
    return self(places).reshaped([height, width, 2 * directions.shape[1]])
  }
}
