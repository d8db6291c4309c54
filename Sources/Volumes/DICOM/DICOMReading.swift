import Archives
import Foundation
import Tensors

extension DICOMStack {
  /// The volume of the stack: values times slope plus intercept, rows and columns as stored.
  func volume(notes: [String] = []) throws(VolumeError) -> Volume {
    let (geometry, oddities) = try geometry()
    var warnings = notes + oddities
    if copies > 0 {
      warnings.append("\(copies) slices are here twice; one of each was taken.")
    }
    if slices.contains(where: { $0.image.isInverted }) {
      warnings.append(
        "The picture is MONOCHROME1, so low values are meant to look bright; values are as stored.")
    }
    if slices.contains(where: { $0.file.dataSet.has(.modalityTable) }) {
      warnings.append("The files hold tables of values (Modality LUT), which were not applied.")
    }
    let voxels = try DICOMDecompression.values(of: self, geometry)
    return Volume(
      voxels: voxels, geometry: geometry,
      source: Source(
        format: .dicom, datatype: slices[0].image.datatype, geometry: geometry, warnings: warnings,
        header: nil))
  }

  /// The values [1, D, H, W] of frames that are not compressed, or in run lengths.
  static func values(of slices: [DICOMSlice], _ geometry: Geometry) throws(VolumeError) -> Tensor {
    let count = geometry.extents.x * geometry.extents.y
    var failure: VolumeError?
    let voxels = Tensor(unfilled: [1] + geometry.shape) { target in
      do throws(VolumeError) {
        var open: DICOMFrames?
        for (at, slice) in slices.enumerated() {
          if open?.file !== slice.file { open = try DICOMFrames(slice.file) }
          guard let frames = open, frames.image == slice.image else { continue }
          try frames.decode(
            slice.frame, slope: slice.slope, intercept: slice.intercept, to: target + at * count)
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return voxels
  }
}

extension Volume {
  /// Reads a DICOM file, a folder of a series, or the series `FOLDER#N`.
  static func dicom(_ path: String, number: Int? = nil) throws(VolumeError) -> Volume {
    let folder = try DICOMFolder(path)
    if folder.stacks.isEmpty, number == nil, let mask = try folder.segmentation() {
      return mask.volume
    }
    let (stack, notes) = try folder.stack(number)
    return try stack.volume(notes: notes)
  }
}

extension LabelVolume {
  /// Reads the labels of a DICOM segmentation, in its own grid or that of an image, or of a picture of whole numbers.
  static func dicom(
    _ path: String, number: Int? = nil, on grid: Geometry? = nil
  ) throws(VolumeError) -> LabelVolume {
    let folder = try DICOMFolder(path)
    if folder.stacks.isEmpty, number == nil, let mask = try folder.segmentation(on: grid) {
      return mask
    }
    let (stack, notes) = try folder.stack(number)
    let volume = try stack.volume(notes: notes)
    var values: [Int32] = []
    values.reserveCapacity(volume.geometry.count)
    for value in volume.voxels.values {
      guard let label = Int32(exactly: value) else {
        throw .label(
          path: path, value: short(Double(value)), voxel: volume.geometry.index(of: values.count),
          reason: notWhole)
      }
      values.append(label)
    }
    return LabelVolume(values: values, geometry: volume.geometry, source: volume.source)
  }

  /// The labels as an image.
  fileprivate var volume: Volume {
    Volume(
      voxels: Tensor([1] + geometry.shape, values.map(Float.init)), geometry: geometry,
      source: source)
  }
}
