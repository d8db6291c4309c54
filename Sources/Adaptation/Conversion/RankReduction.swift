import Tensors

/// What an adapter's corrections lost when their rank was reduced.
public struct RankReduction {
  /// A correction that was looked at.
  public struct Site {
    /// The path of the map.
    public let path: String
    /// The rank before.
    public let before: Int
    /// The rank after.
    public let after: Int
    /// The squared Frobenius norm of the product, and of the part of it that was left out.
    let squares: (whole: Double, lost: Double)

    /// The Frobenius norm of the change over that of the product; 0 where the product is zero.
    public var relativeError: Double { RankReduction.ratio(squares.lost, squares.whole) }
  }

  /// The corrections in the order of the file.
  public let sites: [Site]

  /// The norm of all changes together over that of all products.
  public var relativeError: Double {
    RankReduction.ratio(
      sites.reduce(0) { $0 + $1.squares.lost }, sites.reduce(0) { $0 + $1.squares.whole })
  }

  private static func ratio(_ lost: Double, _ whole: Double) -> Double {
    whole > 0 ? (lost / whole).squareRoot() : 0
  }
}

extension AdapterTensors {
  /// The adapter with corrections of at most a rank, each the best approximation of what it was (Eckart and Young).
  ///
  /// With thin decompositions `B = Q·R` and `Aᵀ = Q'·R'` the singular values of `B·A` are those of the small `R·R'ᵀ`, so that the
  /// product is never formed. Corrections that have no more than the rank stay as they are.
  func reduced(to rank: Int) throws(ConversionError) -> (AdapterTensors, RankReduction) {
    guard let present = corrections.map({ $0.a.shape[0] }).max() else {
      throw .notAnAdapter(
        file: source, reason: "it has no low-rank corrections, whose rank could be reduced")
    }
    guard (1...present).contains(rank) else {
      throw .rank(rank, present: present, file: source)
    }
    var reduced: [Correction] = []
    var sites: [RankReduction.Site] = []
    for correction in corrections {
      guard let (smaller, site) = correction.reduced(to: rank) else {
        throw .notAnAdapter(
          file: source, reason: "\(correction.path) has a number that is not finite")
      }
      reduced.append(smaller)
      sites.append(site)
    }
    let adapter = AdapterTensors(
      corrections: reduced, replacements: replacements, scale: scale, source: source)
    return (adapter, RankReduction(sites: sites))
  }
}

extension AdapterTensors.Correction {
  /// The best approximation of a rank, or nil where a number is not finite.
  fileprivate func reduced(to rank: Int) -> (Self, RankReduction.Site)? {
    guard let left = WideMatrix(b).orthogonalised,
      let right = WideMatrix(a).transposed.orthogonalised,
      let core = left.r.times(right.r.transposed).singular
    else { return nil }
    let squares = core.values.map { $0 * $0 }
    let before = a.shape[0]
    let isKept = before <= rank
    let site = RankReduction.Site(
      path: path, before: before, after: min(rank, before),
      squares: (
        whole: squares.reduce(0, +), lost: isKept ? 0 : squares.dropFirst(rank).reduce(0, +)
      ))
    guard !isKept else { return (self, site) }
    let factors = core.factors(rank: rank)
    let smaller = Self(
      path: path, a: factors.a.times(right.q.transposed).tensor,
      b: left.q.times(factors.b).tensor)
    return (smaller, site)
  }
}
