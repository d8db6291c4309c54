import CHDF5

extension HDF5File {
  /// All elements of a data set, in row-major order.
  public func read<Element: HDF5Element>(
    _ dataset: String, as type: Element.Type = Element.self
  ) throws(HDF5Error) -> [Element] {
    let layout = try numericLayout(of: dataset)
    return try read(dataset, layout.count, nil, nil)
  }

  /// The block of a data set that starts at `start` and has the extents `count`, in row-major order.
  public func read<Element: HDF5Element>(
    _ dataset: String, from start: [Int], count: [Int], as type: Element.Type = Element.self
  ) throws(HDF5Error) -> [Element] {
    let shape = try numericLayout(of: dataset).shape
    precondition(
      start.count == shape.count && count.count == shape.count,
      "HDF5File.read: start \(start) and count \(count) for a data set of shape \(shape)")
    for axis in shape.indices {
      precondition(
        start[axis] >= 0 && count[axis] >= 0 && count[axis] <= shape[axis] - start[axis],
        "HDF5File.read: start \(start) and count \(count) pass the shape \(shape)")
    }
    let elements = count.reduce(1, *)
    if elements == 0 { return [] }
    return try read(dataset, elements, start.map(Int64.init), count.map(Int64.init))
  }

  private func read<Element: HDF5Element>(
    _ dataset: String, _ elements: Int, _ start: [Int64]?, _ count: [Int64]?
  ) throws(HDF5Error) -> [Element] {
    let dataset = Self.rooted(dataset)
    return try HDF5Library.alone { () throws(HDF5Error) in
      var status: Int32 = 0
      let values = [Element](unsafeUninitializedCapacity: elements) { buffer, filled in
        status = chdf5_read(
          id, dataset, start, count, Element.hdf5Type.memory, buffer.baseAddress)
        filled = status == 0 ? elements : 0
      }
      guard status == 0 else {
        throw .unreadable(path: path, object: dataset, reason: HDF5Library.reason)
      }
      return values
    }
  }

  /// Where in the file the elements of a data set lie, one after the other, little-endian and of exactly this type; nil
  /// where they do not.
  public func place(of dataset: String, as type: HDF5ElementType) throws(HDF5Error) -> Int? {
    let dataset = Self.rooted(dataset)
    try require(dataset)
    let place = HDF5Library.alone { chdf5_place(id, dataset, type.memory) }
    return place < 0 ? nil : Int(place)
  }

  /// The layout of a data set of numbers.
  private func numericLayout(of dataset: String) throws(HDF5Error) -> HDF5Layout {
    let layout = try layout(of: dataset)
    guard layout.isNumeric else {
      throw .mismatch(
        path: path, object: Self.rooted(dataset), expected: "numbers", found: "\(layout.kind)")
    }
    return layout
  }

  /// All strings of a data set, in row-major order.
  public func strings(_ dataset: String) throws(HDF5Error) -> [String] {
    try strings(Self.rooted(dataset), nil)
  }

  /// The names of an object's attributes.
  public func attributes(of object: String) throws(HDF5Error) -> [String] {
    let object = Self.rooted(object)
    try require(object)
    return try HDF5Library.alone { () throws(HDF5Error) in
      var text: UnsafeMutablePointer<CChar>?
      var bytes = 0
      guard chdf5_attributes(id, object, &text, &bytes) == 0 else {
        throw .unreadable(path: path, object: object, reason: HDF5Library.reason)
      }
      return HDF5Library.pieces(text, bytes)
    }
  }

  /// All numbers of an attribute, in row-major order.
  public func attribute<Element: HDF5Element>(
    _ name: String, of object: String, as type: Element.Type = Element.self
  ) throws(HDF5Error) -> [Element] {
    let layout = try layout(of: name, on: object)
    let object = Self.rooted(object)
    guard layout.isNumeric else {
      throw .mismatch(
        path: path, object: Self.name(object, name), expected: "numbers", found: "\(layout.kind)")
    }
    return try HDF5Library.alone { () throws(HDF5Error) in
      var status: Int32 = 0
      let values = [Element](unsafeUninitializedCapacity: layout.count) { buffer, filled in
        status = chdf5_read_attribute(
          id, object, name, Element.hdf5Type.memory, buffer.baseAddress)
        filled = status == 0 ? layout.count : 0
      }
      guard status == 0 else {
        throw .unreadable(
          path: path, object: Self.name(object, name), reason: HDF5Library.reason)
      }
      return values
    }
  }

  /// The only number of an attribute.
  public func number<Element: HDF5Element>(
    _ name: String, of object: String, as type: Element.Type = Element.self
  ) throws(HDF5Error) -> Element {
    let values: [Element] = try attribute(name, of: object)
    guard let value = values.first, values.count == 1 else {
      throw .mismatch(
        path: path, object: Self.name(Self.rooted(object), name), expected: "one number",
        found: "\(values.count) numbers")
    }
    return value
  }

  /// All strings of an attribute, in row-major order.
  public func stringAttributes(
    _ name: String, of object: String
  ) throws(HDF5Error) -> [String] {
    guard try attributes(of: object).contains(name) else {
      throw .missing(path: path, object: Self.name(Self.rooted(object), name))
    }
    return try strings(Self.rooted(object), name)
  }

  /// The only string of an attribute.
  public func string(_ name: String, of object: String) throws(HDF5Error) -> String {
    let values = try stringAttributes(name, of: object)
    guard let value = values.first, values.count == 1 else {
      throw .mismatch(
        path: path, object: Self.name(Self.rooted(object), name), expected: "one string",
        found: "\(values.count) strings")
    }
    return value
  }

  private func strings(_ object: String, _ attribute: String?) throws(HDF5Error) -> [String] {
    try require(object)
    let address = HDF5Library.alone { chdf5_address(id, object) }
    if let known = texts[HDF5Texts.Key(address: address, attribute: attribute ?? "")] {
      return known
    }
    return try HDF5Library.alone { () throws(HDF5Error) in
      var text: UnsafeMutablePointer<CChar>?
      var bytes = 0
      guard chdf5_read_strings(id, object, attribute, &text, &bytes) == 0 else {
        throw .unreadable(
          path: path, object: Self.name(object, attribute), reason: HDF5Library.reason)
      }
      return HDF5Library.pieces(text, bytes)
    }
  }
}
