import CKernels
public import Tensors

extension Tensor {
  /// The planes [..., H, W] at another size [..., h, w] by cubic B-splines: SciPy's `ndimage.zoom` with order 3, mode
  /// "constant", prefilter on, grid_mode off, computed in double precision.
  ///
  /// As there, edges 512 -> 224 and the like end in a row and column of zeros; see ``PixelMap/zoom(from:to:)`` for
  /// labels.
  public func zoomed(to size: PlaneSize) -> Tensor {
    precondition(shape.count >= 2, "zoomed: a plane has two axes, the shape is \(shape)")
    let (h, w) = (shape[shape.count - 2], shape[shape.count - 1])
    precondition(h > 0 && w > 0, "zoomed: the shape \(shape) has no pixels")
    let planes = shape.dropLast(2).reduce(1, *)
    let across = ZoomAxis(from: w, to: size.width).cubic
    let down = ZoomAxis(from: h, to: size.height).cubic
    let result = Array(shape.dropLast(2)) + [size.height, size.width]
    let between = UnsafeMutablePointer<Double>.allocate(capacity: planes * size.width * h)
    defer { between.deallocate() }
    return Tensor(unfilled: result) { y in
      withPointer { x in
        splineAxis(lines: planes * h, length: w, across) { line, place in
          Double(x[line * w + place])
        } write: { line, place, value in
          between[(line / h * size.width + place) * h + line % h] = value
        }
        splineAxis(lines: planes * size.width, length: h, down) { line, place in
          between[line * h + place]
        } write: { line, place, value in
          let (plane, column) = (line / size.width, line % size.width)
          y[(plane * size.height + place) * size.width + column] = Float(value)
        }
      }
    }
  }
}

/// Filters and resamples `lines` lines of `length` samples through `table`, sixteen lines side by side.
@inline(__always)
private func splineAxis(
  lines: Int, length: Int, _ table: AxisWeights, read: (Int, Int) -> Double,
  write: (Int, Int, Double) -> Void
) {
  let abreast = 16
  let count = table.starts.count
  parallel((lines + abreast - 1) / abreast) { block in
    let first = block * abreast
    let width = min(abreast, lines - first)
    let samples = UnsafeMutablePointer<Double>.allocate(capacity: (length + count) * width)
    defer { samples.deallocate() }
    for column in 0..<width {
      for place in 0..<length { samples[place * width + column] = read(first + column, place) }
    }
    graft_cubic_coefficients(samples, length, width)
    let resampled = samples + length * width
    table.starts.withUnsafeBufferPointer { starts in
      table.weights.withUnsafeBufferPointer { weights in
        guard let starts = starts.baseAddress, let weights = weights.baseAddress else { return }
        graft_resample_double(resampled, samples, width, count, starts, weights, table.taps)
      }
    }
    for column in 0..<width {
      for place in 0..<count { write(first + column, place, resampled[place * width + column]) }
    }
  }
}
