import Foundation
import Tensors

/// The formats images and masks are written in, by the ending of their names.
public enum WrittenFormat: String, CaseIterable, Sendable {
  /// NIfTI in one file, compressed.
  case gzippedNIfTI = "nii.gz"
  /// NIfTI in one file.
  case nifti = "nii"
  /// NRRD, header and voxels in one file.
  case nrrd
  /// MetaImage, header and voxels in one file.
  case metaImage = "mha"
  /// PNG: one file for a slice, so a folder for a volume. It keeps no spacing and no place in the patient.
  case png

  /// The format that a path's ending names, whatever its case; nil for any other.
  public init?(path: String) {
    let lower = path.lowercased()
    guard let format = Self.allCases.first(where: { lower.hasSuffix($0.ending) }) else {
      return nil
    }
    self = format
  }

  /// The format nearest to that of the file at a path: its own where that is written, that of the attached file for a
  /// detached header, and compressed NIfTI for all else.
  public static func like(_ path: String) -> WrittenFormat {
    if let format = WrittenFormat(path: path) { return format }
    switch VolumeFile.ending(of: path, among: [".nhdr", ".mhd"]) {
    case ".nhdr": return .nrrd
    case ".mhd": return .metaImage
    default: return .gzippedNIfTI
    }
  }

  /// The ending of names, with its dot.
  public var ending: String { "." + rawValue }

  /// Where an image of a path without its ending is written: with the ending, or, of several slices as PNG, as the
  /// folder of that name.
  public func path(_ stem: String, slices: Int) -> String {
    self == .png && slices > 1 ? stem : stem + ending
  }

  /// What is lost where a volume is written as pictures.
  public static let pictureNote =
    "PNG keeps no spacing, orientation or place in the patient: the pictures are the slices of the file in its own order."

  /// The endings of all formats in one line.
  public static var endings: String { allCases.map(\.ending).joined(separator: ", ") }
}

/// How the numbers of an image are stored in a file.
public enum WrittenNumbers: Sendable {
  /// As 32-bit floats, whatever they are.
  case floats
  /// As the smallest type that holds every one exactly: 8 or 16 bits for whole numbers, else 32-bit floats.
  case smallest
}

extension Volume {
  /// The smallest type that holds every value exactly.
  var smallestDatatype: NIfTIDatatype {
    let isWhole = voxels.withPointer { values in
      (0..<voxels.count).allSatisfy { values[$0] == values[$0].rounded() }
    }
    guard isWhole, let range else { return .float32 }
    if range.lowerBound >= 0 && range.upperBound <= 255 { return .uint8 }
    if range.lowerBound >= -32768 && range.upperBound <= 32767 { return .int16 }
    return range.lowerBound >= 0 && range.upperBound <= 65535 ? .uint16 : .float32
  }

  /// The voxels as stored in a file, in their present order, least significant byte first.
  func bytes(as datatype: NIfTIDatatype) -> Data {
    voxels.withPointer { values in
      func packed<Number: FixedWidthInteger>(_ number: (Float) -> Number) -> Data {
        let numbers = (0..<voxels.count).map { number(values[$0]).littleEndian }
        return numbers.withUnsafeBytes { Data($0) }
      }
      switch datatype {
      case .uint8: return packed { UInt8($0) }
      case .int16: return packed { Int16($0) }
      case .uint16: return packed { UInt16($0) }
      default: return packed(\.bitPattern)
      }
    }
  }
}
