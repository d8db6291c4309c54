import Foundation
import Tensors

extension NIfTIHeader {
  /// The header of a file that is to lie in the grid of a source.
  ///
  /// The fields of geometry are the source's own, number by number. Description, auxiliary file, extensions and
  /// everything else that may name a person are left empty.
  init(for source: Source, of geometry: Geometry, channels: Int, datatype: NIfTIDatatype) {
    let extents = source.geometry.extents
    precondition(
      geometry.extents == extents,
      "an image of extents \(geometry.extents) does not fit its source's \(extents)")
    let old = source.header ?? NIfTIHeader(of: source.geometry)
    self = old
    if channels != old.channels {
      let spatial = Array(old.dimensions.prefix(3))
      dimensions =
        channels == 1
        ? spatial : [extents.x, extents.y, extents.z, channels]
    }
    self.datatype = datatype
    littleEndian = true
    isPair = false
    slope = 1
    intercept = 0
    extensionBytes = 0
    voxelOffset = size + 4
    if pixdim.contains(where: { !$0.isFinite }) {
      let spacing = source.geometry.spacing / old.millimetresPerUnit
      let turn: Double = pixdim[0] < 0 ? -1 : 1
      pixdim = [turn, spacing.x, spacing.y, spacing.z, 1, 1, 1, 1]
    }
  }

  /// A fresh header for a grid: its matrix as an sform.
  private init(of geometry: Geometry) {
    let rows = geometry.affine.rows
    version = geometry.extents.max() > Int(Int16.max) ? 2 : 1
    littleEndian = true
    isPair = false
    let flat = geometry.extents.z == 1 && geometry.unit == .pixel
    dimensions = (0..<(flat ? 2 : 3)).map { geometry.extents[$0] }
    datatype = .float32
    pixdim = [1, geometry.spacing.x, geometry.spacing.y, geometry.spacing.z, 1, 1, 1, 1]
    voxelOffset = 0
    slope = 1
    intercept = 0
    qformCode = 0
    sformCode = 2
    quaternion = [0, 0, 0]
    offset = [0, 0, 0]
    srow = Array(rows[0] + rows[1] + rows[2])
    units = 2
    extensionBytes = 0
  }

  /// The header and the empty extension flag behind it.
  var bytes: [UInt8] {
    let layout = version == 1 ? NIfTILayout.first : .second
    var fields = HeaderBytes(
      bytes: [UInt8](repeating: 0, count: voxelOffset), littleEndian: littleEndian)
    fields.put(layout.size, at: 0, size: 4)
    for (index, byte) in layout.magic(pair: isPair).enumerated() {
      fields.bytes[layout.magic + index] = byte
    }
    let ones = [Int](repeating: 1, count: 7 - dimensions.count)
    for (index, value) in ([dimensions.count] + dimensions + ones).enumerated() {
      fields.put(
        value, at: layout.dimensions + index * layout.dimensionSize, size: layout.dimensionSize)
    }
    fields.put(datatype.rawValue, at: layout.datatype, size: 2)
    fields.put(datatype.size * 8, at: layout.bitsPerVoxel, size: 2)
    func put(_ values: [Double], at offset: Int) {
      for (index, value) in values.enumerated() {
        fields.put(value, at: offset + index * layout.real, size: layout.real)
      }
    }
    put(pixdim, at: layout.pixdim)
    put([slope, intercept], at: layout.slope)
    put(quaternion + offset, at: layout.quaternion)
    put(srow, at: layout.srow)
    if version == 1 {
      fields.put(Double(voxelOffset), at: layout.voxelOffset, size: 4)
    } else {
      fields.put(voxelOffset, at: layout.voxelOffset, size: 8)
    }
    for (index, code) in [qformCode, sformCode].enumerated() {
      fields.put(
        code, at: layout.formCodes + index * layout.formCodeSize, size: layout.formCodeSize)
    }
    fields.put(units, at: layout.units, size: layout.unitsSize)
    return fields.bytes
  }
}

extension LabelVolume {
  /// The smallest type that holds every label.
  var datatype: NIfTIDatatype {
    var (low, high) = (Int32(0), Int32(0))
    for value in values {
      low = min(low, value)
      high = max(high, value)
    }
    if low >= 0 && high <= UInt8.max { return .uint8 }
    if low >= 0 && high <= UInt16.max { return .uint16 }
    return low >= Int16.min && high <= Int16.max ? .int16 : .int32
  }

  /// The file that holds these labels in the grid of their source.
  var nifti: Data {
    let stored = restored
    let type = datatype
    var data = Data(
      NIfTIHeader(for: source, of: stored.geometry, channels: 1, datatype: type).bytes)
    data.append(stored.bytes(as: type))
    return data
  }

  /// The labels as numbers of a type that holds them, least significant byte first.
  func bytes(as type: NIfTIDatatype) -> Data {
    var data = Data()
    switch type {
    case .uint8: data.append(contentsOf: values.map { UInt8(truncatingIfNeeded: $0) })
    case .uint16: data.append(values.map { UInt16(truncatingIfNeeded: $0).littleEndian })
    case .int16: data.append(values.map { Int16(truncatingIfNeeded: $0).littleEndian })
    default: data.append(values.map(\.littleEndian))
    }
    return data
  }
}

extension Volume {
  /// The file that holds these values, as numbers of the given type, in the grid of their source.
  func nifti(_ datatype: NIfTIDatatype) -> Data {
    let stored = restored
    let header = NIfTIHeader(
      for: source, of: stored.geometry, channels: channels, datatype: datatype)
    return Data(header.bytes) + stored.bytes(as: datatype)
  }
}

extension Data {
  fileprivate mutating func append<Number: FixedWidthInteger>(_ numbers: [Number]) {
    numbers.withUnsafeBytes { append(contentsOf: $0) }
  }
}
