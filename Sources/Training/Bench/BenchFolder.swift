import Archives
import Foundation

/// The folder of a bench: a folder for every cell in `cells`, and the reports.
public struct BenchFolder: Sendable {
  /// The folder.
  public let path: String

  /// A bench's folder.
  public init(_ path: String) { self.path = path }

  /// The folder of a cell.
  public func cell(_ cell: BenchCell) -> String { "\(path)/cells/\(cell.id)" }

  func result(_ cell: BenchCell) -> String { "\(self.cell(cell))/result.json" }
  func failure(_ cell: BenchCell) -> String { "\(self.cell(cell))/failure.json" }
  func run(_ cell: BenchCell) -> String { "\(self.cell(cell))/run" }

  /// The folder of a cell's masks.
  public func masks(_ cell: BenchCell) -> String { "\(self.cell(cell))/masks" }

  /// The result of a cell that has this fingerprint; nil where there is none, or another.
  /// - Throws: `BenchError.results` for a file that is damaged.
  func result(_ cell: BenchCell, fingerprint: String) throws -> CellResult? {
    let path = result(cell)
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    guard let found = try? JSONDecoder().decode(CellResult.self, from: data) else {
      struct Form: Decodable { let format: Int }
      let form = try? JSONDecoder().decode(Form.self, from: data)
      if let form, form.format != CellResult.format { return nil }
      throw BenchError.results(
        path: path, reason: "it is damaged; remove it, and the cell is run again")
    }
    return found.format == CellResult.format && found.fingerprint == fingerprint ? found : nil
  }

  /// Writes a cell's result, the last file of it, and takes back what was said of failures before.
  func write(_ result: CellResult) throws {
    try writeJSON(result, to: self.result(result.cell))
    try? FileManager.default.removeItem(atPath: failure(result.cell))
  }

  /// What kept a cell from having a result.
  struct CellFailure: Codable {
    let fingerprint: String
    let reason: String
  }

  /// Writes why a cell has no result.
  func write(_ failure: CellFailure, of cell: BenchCell) throws {
    try writeJSON(failure, to: self.failure(cell))
  }

  /// Why a cell with this fingerprint has no result, where that is known.
  func failure(_ cell: BenchCell, fingerprint: String) -> String? {
    guard let data = FileManager.default.contents(atPath: failure(cell)),
      let found = try? JSONDecoder().decode(CellFailure.self, from: data),
      found.fingerprint == fingerprint
    else { return nil }
    return found.reason
  }

  /// Removes what a cell left, its lock excepted.
  func clear(_ cell: BenchCell) throws {
    for path in [result(cell), failure(cell), run(cell), masks(cell)]
    where FileManager.default.fileExists(atPath: path) {
      try FileManager.default.removeItem(atPath: path)
    }
  }

  /// Writes a value as JSON for people: sorted keys, a line each, a newline at the end.
  private func writeJSON(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try AtomicFile.write(try encoder.encode(value) + Data("\n".utf8), to: path)
  }

  /// Takes over from another bench's folder the results of cells that have none here.
  ///
  /// - Returns: how many were taken.
  func take(from other: String, _ cells: [(cell: BenchCell, fingerprint: String)]) throws -> Int {
    let source = BenchFolder(other)
    guard FileManager.default.fileExists(atPath: "\(other)/cells") else {
      throw BenchError.results(path: other, reason: "it is no folder of a bench: it has no cells")
    }
    var taken = 0
    for (cell, fingerprint) in cells where try result(cell, fingerprint: fingerprint) == nil {
      guard let found = try source.result(cell, fingerprint: fingerprint) else { continue }
      try clear(cell)
      for (from, to) in [(source.run(cell), run(cell)), (source.masks(cell), masks(cell))]
      where FileManager.default.fileExists(atPath: from) {
        try AtomicFile.makeFolder(self.cell(cell))
        try FileManager.default.copyItem(atPath: from, toPath: to)
      }
      try write(found)
      taken += 1
    }
    return taken
  }
}
