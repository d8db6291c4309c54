import Archives

/// Writes a picture of 64 x 64 pixels in three colours.
public func writePhoto(to path: String) throws {
  let picture = PNG(
    width: 64, height: 64, channels: 3, bytes: (0..<64 * 64 * 3).map { UInt8($0 * 31 % 251) })
  try AtomicFile.write(picture.file, to: path)
}
