import Archives
import ArgumentParser
import Foundation

/// Refuses to write a pack over anything but a pack, so that a slip costs nobody a scan.
func checkReplaceable(pack path: String) throws {
  guard FileManager.default.fileExists(atPath: path) else { return }
  let start = (try? Data(mapping: path))?.prefix(4)
  guard start != Data([0x89, 0x48, 0x44, 0x46]), start?.isEmpty != true else { return }
  throw ValidationError("--out is \(path), which is there already and is no pack. Name another.")
}
