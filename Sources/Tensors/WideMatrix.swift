import CLAPACKE

/// A matrix in double precision, in row-major order, for decompositions.
public struct WideMatrix {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The elements in row-major order.
  public private(set) var values: [Double]

  private init(rows: Int, columns: Int, values: [Double]) {
    precondition(values.count == rows * columns, "WideMatrix: \(values.count) elements")
    (self.rows, self.columns, self.values) = (rows, columns, values)
  }

  /// The matrix [M, N] of a tensor.
  public init(_ tensor: Tensor) {
    precondition(tensor.shape.count == 2, "WideMatrix: a tensor of shape \(tensor.shape)")
    self.init(
      rows: tensor.shape[0], columns: tensor.shape[1], values: tensor.values.map(Double.init))
  }

  /// The same matrix in single precision, [M, N].
  public var tensor: Tensor { Tensor([rows, columns], values.map(Float.init)) }

  /// The matrix with rows and columns exchanged.
  public var transposed: WideMatrix {
    var turned = [Double](repeating: 0, count: values.count)
    for row in 0..<rows {
      for column in 0..<columns { turned[column * rows + row] = values[row * columns + column] }
    }
    return WideMatrix(rows: columns, columns: rows, values: turned)
  }

  /// The product [M, N] = self [M, K] · other [K, N].
  public func times(_ other: WideMatrix) -> WideMatrix {
    precondition(columns == other.rows, "WideMatrix: \(columns) columns, \(other.rows) rows")
    var product = [Double](repeating: 0, count: rows * other.columns)
    for row in 0..<rows {
      for inner in 0..<columns {
        let factor = values[row * columns + inner]
        for column in 0..<other.columns {
          product[row * other.columns + column] +=
            factor * other.values[inner * other.columns + column]
        }
      }
    }
    return WideMatrix(rows: rows, columns: other.columns, values: product)
  }

  /// The first `count` columns, column j times `factors[j]`.
  public func columns(_ count: Int, times factors: [Double]) -> WideMatrix {
    precondition(count <= columns && factors.count >= count, "WideMatrix: \(count) of \(columns)")
    let kept = (0..<rows).flatMap { row in
      (0..<count).map { values[row * columns + $0] * factors[$0] }
    }
    return WideMatrix(rows: rows, columns: count, values: kept)
  }

  /// The thin decomposition q · r: q [M, k] with orthonormal columns, r [k, N] upper triangular, k = min(M, N).
  ///
  /// Nil where a number is not finite.
  public var orthogonalised: (q: WideMatrix, r: WideMatrix)? {
    guard values.allSatisfy(\.isFinite) else { return nil }
    let inner = min(rows, columns)
    var work = values
    var reflections = [Double](repeating: 0, count: inner)
    let sizes = (Int32(rows), Int32(columns), Int32(inner))
    guard
      LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, sizes.0, sizes.1, &work, sizes.1, &reflections) == 0
    else { return nil }
    let r = (0..<inner).flatMap { row in
      (0..<columns).map { $0 < row ? 0 : work[row * columns + $0] }
    }
    var q = (0..<rows).flatMap { row in (0..<inner).map { work[row * columns + $0] } }
    guard
      LAPACKE_dorgqr(LAPACK_ROW_MAJOR, sizes.0, sizes.2, sizes.2, &q, sizes.2, reflections) == 0
    else { return nil }
    return (
      WideMatrix(rows: rows, columns: inner, values: q),
      WideMatrix(rows: inner, columns: columns, values: r)
    )
  }

  /// The singular value decomposition, thin; nil where a number is not finite, or where LAPACK finds none.
  public var singular: SingularTriples? {
    guard values.allSatisfy(\.isFinite) else { return nil }
    let inner = min(rows, columns)
    var work = values
    var sizes = [Double](repeating: 0, count: inner)
    var left = [Double](repeating: 0, count: rows * inner)
    var right = [Double](repeating: 0, count: inner * columns)
    let status = LAPACKE_dgesdd(
      LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "S")), Int32(rows), Int32(columns), &work,
      Int32(columns), &sizes, &left, Int32(inner), &right, Int32(columns))
    guard status == 0 else { return nil }
    for triple in 0..<inner {
      let column = stride(from: triple, to: rows * inner, by: inner)
      let largest = column.max { abs(left[$0]) < abs(left[$1]) }
      guard let largest, left[largest] < 0 else { continue }
      for place in column { left[place].negate() }
      for place in triple * columns..<(triple + 1) * columns { right[place].negate() }
    }
    return SingularTriples(
      left: WideMatrix(rows: rows, columns: inner, values: left), values: sizes,
      right: WideMatrix(rows: inner, columns: columns, values: right))
  }
}

/// A matrix [M, N] as `left · diag(values) · right`.
///
/// The largest element of each left vector is positive, so that the signs do not depend on the library.
public struct SingularTriples {
  /// The left vectors, one a column: [M, k].
  public let left: WideMatrix
  /// The singular values, the largest first.
  public let values: [Double]
  /// The right vectors, one a row: [k, N].
  public let right: WideMatrix

  /// The best approximation of a rank as a product `b · a`, both with the roots of the singular values: b [M, r], a [r, N].
  public func factors(rank: Int) -> (a: WideMatrix, b: WideMatrix) {
    let roots = values.prefix(rank).map { $0.squareRoot() }
    return (
      right.transposed.columns(roots.count, times: roots).transposed,
      left.columns(roots.count, times: roots)
    )
  }
}
