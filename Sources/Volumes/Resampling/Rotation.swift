extension PixelMap {
  /// The plane turned about its centre by an angle in degrees: SciPy's `ndimage.rotate` with reshape off, order 0,
  /// mode "constant".
  ///
  /// Output (y, x) reads at `R · (y, x) + c - R · c` with `R = [[cos, sin], [-sin, cos]]`, `c` the centre of the plane;
  /// a place outside the samples' centres is background, and halves round up.
  public static func rotation(degrees: Double, of size: PlaneSize) -> PixelMap {
    let cosine = cosineOfDegrees(degrees)
    let sine = sineOfDegrees(degrees)
    let (lastRow, lastColumn) = (Double(size.height - 1), Double(size.width - 1))
    let (centerY, centerX) = (lastRow / 2, lastColumn / 2)
    // SciPy takes this product from BLAS, which fuses its additions.
    let offsetY = centerY - (cosine * centerY).addingProduct(sine, centerX)
    let offsetX = centerX - (-sine * centerY).addingProduct(cosine, centerX)
    var indices = [Int32](repeating: -1, count: size.height * size.width)
    for row in 0..<size.height {
      for column in 0..<size.width {
        let y = offsetY + Double(row) * cosine + Double(column) * sine
        let x = offsetX + Double(row) * -sine + Double(column) * cosine
        guard y >= 0, y <= lastRow, x >= 0, x <= lastColumn else { continue }
        let place = Int((y + 0.5).rounded(.down)) * size.width + Int((x + 0.5).rounded(.down))
        indices[row * size.width + column] = Int32(place)
      }
    }
    return PixelMap(source: size, size: size, indices)
  }
}

/// The cosine of an angle in degrees, exact at multiples of 90.
///
/// The angle is brought to within 45 of a multiple of 90 and the rest goes through the polynomials of the Cephes
/// library (`cosdg`), which SciPy uses: at 45 degrees pixels lie on the line between two others, so that the last bit
/// decides.
private func cosineOfDegrees(_ degrees: Double) -> Double {
  let eighth = (abs(degrees) / 45).rounded(.down)
  let even = eighth + eighth.truncatingRemainder(dividingBy: 2)
  let z = (abs(degrees) - even * 45) * 1.74532925199432957692e-2
  return switch Int(even) & 7 {
  case 0: cosineNearZero(z)
  case 2: -sineNearZero(z)
  case 4: -cosineNearZero(z)
  default: sineNearZero(z)
  }
}

/// The sine of an angle in degrees, exact at multiples of 90; Cephes `sindg`.
private func sineOfDegrees(_ degrees: Double) -> Double {
  let eighth = (abs(degrees) / 45).rounded(.down)
  let even = eighth + eighth.truncatingRemainder(dividingBy: 2)
  let z = (abs(degrees) - even * 45) * 1.74532925199432957692e-2
  let sign: Double = degrees < 0 ? -1 : 1
  return switch Int(even) & 7 {
  case 0: sign * sineNearZero(z)
  case 2: sign * cosineNearZero(z)
  case 4: sign * -sineNearZero(z)
  default: sign * -cosineNearZero(z)
  }
}

/// sin z for |z| ≤ π/4.
private func sineNearZero(_ z: Double) -> Double {
  let square = z * z
  return z + z
    * (square
      * polynomial(
        square, 1.58962301572218447952e-10, -2.50507477628503540135e-8,
        2.75573136213856773549e-6, -1.98412698295895384658e-4, 8.33333333332211858862e-3,
        -1.66666666666666307295e-1))
}

/// cos z for |z| ≤ π/4.
private func cosineNearZero(_ z: Double) -> Double {
  let square = z * z
  return 1 - square
    * polynomial(
      square, 1.13678171382044553091e-11, -2.08758833757683644217e-9,
      2.75573155429816611547e-7, -2.48015872936186303776e-5, 1.38888888888806666760e-3,
      -4.16666666666666348141e-2, 4.99999999999999999798e-1)
}

private func polynomial(_ x: Double, _ coefficients: Double...) -> Double {
  coefficients.reduce(0) { $0 * x + $1 }
}
