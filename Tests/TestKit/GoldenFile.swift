public import Archives
public import Tensors

extension Goldens {
  /// A golden HDF5 file, read by name.
  public static func hdf5(_ name: String) throws -> GoldenFile {
    GoldenFile(file: try HDF5File(reading: path(name)))
  }
}

/// The data sets of a golden HDF5 file, as the types tests compare.
public struct GoldenFile {
  /// The file, for what the short forms below do not give.
  public let file: HDF5File

  /// The extents of a data set.
  public func shape(_ dataset: String) throws -> [Int] { try file.layout(of: dataset).shape }

  /// A data set as a tensor of its shape; numbers of other types are converted.
  public func floats(_ dataset: String) throws -> Tensor {
    Tensor(try shape(dataset), try file.read(dataset))
  }

  /// The elements of a data set in row-major order.
  public func doubles(_ dataset: String) throws -> [Double] { try file.read(dataset) }

  /// The elements of a data set of whole numbers in row-major order.
  public func integers(_ dataset: String) throws -> [Int] {
    try file.read(dataset, as: Int64.self).map(Int.init)
  }

  /// The elements of a data set of bytes or bools in row-major order.
  public func bytes(_ dataset: String) throws -> [UInt8] { try file.read(dataset) }

  /// The strings of a data set.
  public func strings(_ dataset: String) throws -> [String] { try file.strings(dataset) }

  /// The names in a group, in their order.
  public func names(of group: String = "/") throws -> [String] {
    try file.members(of: group).map(\.name)
  }

  /// Whether the file has an object at this path.
  public func contains(_ object: String) -> Bool { (try? file.kind(of: object)) != nil }
}
