import Tensors

/// What is asked about: an image's embedding and where it lies.
struct ExampleQuery {
  /// The embedding, [g·g, C].
  let embedding: Tensor
  /// The embeddings scaled to a length of √C, [g·g, C].
  let directions: Tensor
  /// Where the slice lies in its volume, from 0 to 1; nil for a picture.
  let place: Float?

  /// A query of an embedding [g·g, C].
  init(embedding: Tensor, place: Float?) {
    self.embedding = embedding
    directions = embedding.directions
    self.place = place
  }

  /// An exemplar asked about as if nothing was known of it.
  init(_ slice: ExampleSlice) {
    embedding = slice.embedding
    directions = slice.directions
    place = slice.place
  }
}

/// How a task's exemplars are looked at; what `graft task` finds out by leaving exemplars out.
public struct ExampleSetSettings: Codable, Equatable, Sendable {
  /// How many exemplar slices a query can look at.
  public static let most = 16

  /// How many exemplar slices a query looks at.
  public var count = ExampleSetSettings.most
  /// What the likeness of embeddings is multiplied by.
  public var sharpness: Float = 1
  /// What the distance of places in the image is multiplied by.
  public var nearness: Float = 1
  /// What the distance of slices along their volumes is multiplied by.
  public var depth: Float = 1
  /// What the decoder's answer is multiplied by.
  public var decoder: Float = 1
  /// What SAM's answer to points and box is multiplied with, where a user shows something; 1 where it is nil.
  public var prompt: Float?

  /// The standard settings.
  public init() {}
}

/// The exemplar slices a query looks at, side by side.
struct Support {
  /// The share of a volume's length in which slices count as near.
  static let depthNearness: Float = 0.1

  let slices: [ExampleSlice]
  let grid: Int

  /// The directions of all tokens with their places, [M, C + 5]; see ``queryPlaces``.
  let keys: Tensor
  /// The cells of all tokens, [M, 16 K].
  let cells: Tensor
  /// The classes that are in some slice.
  let present: [Int]

  /// Slices on a grid, and tokens of the query's own image of which something is known.
  init(_ slices: [ExampleSlice], marked: [MarkedTokens] = [], grid: Int) {
    self.slices = slices
    self.grid = grid
    let joined = slices.map { slice in
      Tensor.concatenated([slice.directions, Support.places(at: slice.place, grid: grid)], axis: 1)
    }
    keys = Tensor.concatenated(joined + marked.map(\.keys), axis: 0)
    cells = Tensor.concatenated(slices.map(\.cells) + marked.map(\.cells), axis: 0)
    let found = slices.reduce(into: Set<UInt8>()) { $0.formUnion($1.classes) }
    let classes = slices[0].shares.shape[0]
    present = (0..<classes).filter { found.contains(UInt8($0)) }
  }

  /// The slices most like the query: by the mean cosine of their tokens, less twice the distance along the volume.
  static func nearest(
    to query: ExampleQuery, among pool: [ExampleSlice], count: Int
  ) -> [ExampleSlice] {
    guard pool.count > count else { return pool }
    let width = Float(query.directions.count)
    let scores = pool.map { slice -> Float in
      let cosine =
        withPointers(query.directions, slice.directions) { a, b in
          (0..<query.directions.count).reduce(into: Float(0)) { $0 += a[$1] * b[$1] }
        } / width
      guard let own = query.place, let other = slice.place else { return cosine }
      return cosine - 2 * abs(own - other)
    }
    let order = pool.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
    return order.prefix(count).map { pool[$0] }
  }

  /// For each token (x, y, x² + y², z, z²) in shares of the image's side and of the volume's length.
  static func places(at place: Float?, grid: Int) -> Tensor {
    let z = place ?? 0
    return Tensor(
      [grid * grid, 5],
      (0..<grid * grid).flatMap { token -> [Float] in
        let (x, y) = middle(of: token, grid: grid)
        return [x, y, x * x + y * y, z, z * z]
      })
  }

  /// What the places of a query's tokens are multiplied with: (x, y, -1/2) / σ², which gives minus half the squared
  /// distance over σ² but for a number that is the same for all keys.
  static func queryPlaces(grid: Int) -> Tensor {
    let scale = 1 / (ExampleSetHeads.nearness * ExampleSetHeads.nearness)
    return Tensor(
      [grid * grid, 3],
      (0..<grid * grid).flatMap { token -> [Float] in
        let (x, y) = middle(of: token, grid: grid)
        return [x * scale, y * scale, -scale / 2]
      })
  }

  /// The same of the place along the volume, (z, -1/2) / σ²; zeros for a picture.
  static func queryDepths(of query: ExampleQuery, grid: Int, factor: Float) -> Tensor {
    let scale = factor / (depthNearness * depthNearness)
    let row: [Float] = query.place.map { [$0 * scale, -scale / 2] } ?? [0, 0]
    return Tensor([grid * grid, 2], (0..<grid * grid).flatMap { _ in row })
  }

  private static func middle(of token: Int, grid: Int) -> (Float, Float) {
    ((Float(token % grid) + 0.5) / Float(grid), (Float(token / grid) + 0.5) / Float(grid))
  }
}
