import Archives
import Foundation

/// An interpreter of pickles that makes plain data and descriptions of tensors, and nothing else.
///
/// It knows the opcodes of plain containers and the constructors of `PickleGlobal`; whatever else a pickle asks for is
/// refused by name. Every opcode takes at least a byte of the file, so work is bounded by its length, and
/// memory by the bounds below.
struct PickleMachine {
  private(set) var heap = PickleHeap()
  var reader: ByteReader
  let file: String
  var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private static let memoLimit = 1 << 20
  private static let stackLimit = 1 << 20
  private static let textLimit = 1 << 24

  init(_ data: Data, file: String) {
    reader = ByteReader(data, source: file)
    self.file = file
  }

  /// The value of the next pickle in the bytes.
  mutating func run() throws(CheckpointError) -> PickleValue {
    stack = []
    marks = []
    memo = [:]
    while true {
      let code = try byte()
      if code == UInt8(ascii: ".") { return try pop() }
      try run(code)
      guard stack.count <= PickleMachine.stackLimit, marks.count <= PickleMachine.stackLimit else {
        throw damaged("its pickle needs too deep a stack")
      }
    }
  }

  private mutating func run(_ code: UInt8) throws(CheckpointError) {
    if try runScalar(code) { return }
    if try runContainer(code) { return }
    if try runMemo(code) { return }
    if try runObject(code) { return }
    throw .refused(file: file, name: "the pickle opcode \(String(format: "0x%02x", code))")
  }

  // MARK: Reading

  private mutating func byte() throws(CheckpointError) -> UInt8 {
    try reading { (reader: inout ByteReader) throws(ArchiveError) in try reader.byte() }
  }

  private mutating func bytes(_ count: Int) throws(CheckpointError) -> Data {
    try reading { (reader: inout ByteReader) throws(ArchiveError) in try reader.bytes(count) }
  }

  private mutating func number<N: FixedWidthInteger>(_ type: N.Type) throws(CheckpointError) -> Int
  {
    let value = try reading { (reader: inout ByteReader) throws(ArchiveError) in
      try reader.little(type)
    }
    guard let number = Int(exactly: value) else { throw damaged("it claims a length of \(value)") }
    return number
  }

  private mutating func reading<Value>(
    _ body: (inout ByteReader) throws(ArchiveError) -> Value
  ) throws(CheckpointError) -> Value {
    do {
      return try body(&reader)
    } catch {
      throw damaged("its pickle ends early")
    }
  }

  private mutating func text(_ count: Int) throws(CheckpointError) -> String {
    guard count <= PickleMachine.textLimit,
      let text = String(data: try bytes(count), encoding: .utf8)
    else { throw damaged("a text in its pickle is not UTF-8 or too long") }
    return text
  }

  /// The text up to the next end of line.
  private mutating func line() throws(CheckpointError) -> String {
    var characters: [UInt8] = []
    while true {
      let character = try byte()
      if character == 0x0A { return String(decoding: characters, as: UTF8.self) }
      guard characters.count < 1 << 12 else { throw damaged("a name in its pickle is too long") }
      characters.append(character)
    }
  }

  func damaged(_ reason: String) -> CheckpointError { .unreadable(file: file, reason: reason) }

  // MARK: Stack

  mutating func pop() throws(CheckpointError) -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
      throw damaged("its pickle takes from an empty stack")
    }
    return value
  }

  private mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw damaged("its pickle lacks a mark") }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func pop(_ count: Int) throws(CheckpointError) -> [PickleValue] {
    var values: [PickleValue] = []
    for _ in 0..<count { values.append(try pop()) }
    return values.reversed()
  }

  private mutating func pushTuple(_ values: [PickleValue]) {
    heap.tuples.append(values)
    stack.append(.tuple(heap.tuples.count - 1))
  }

  // MARK: Opcodes

  /// Numbers, texts and constants; false for another opcode.
  private mutating func runScalar(_ code: UInt8) throws(CheckpointError) -> Bool {
    switch code {
    case 0x80: _ = try byte()
    case 0x95: _ = try number(UInt64.self)
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.integer(try number(Int32.self)))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try byte())))
    case UInt8(ascii: "M"): stack.append(.integer(try number(UInt16.self)))
    case 0x8A: stack.append(integer(try bytes(Int(try byte()))))
    case 0x8B: stack.append(integer(try bytes(try number(Int32.self))))
    case UInt8(ascii: "G"):
      let bits = try reading { (reader: inout ByteReader) throws(ArchiveError) in
        try reader.big(UInt64.self)
      }
      stack.append(.number(Double(bitPattern: bits)))
    case 0x8C: stack.append(.text(try text(Int(try byte()))))
    case UInt8(ascii: "X"): stack.append(.text(try text(try number(UInt32.self))))
    case 0x8D: stack.append(.text(try text(try number(UInt64.self))))
    case UInt8(ascii: "U"): stack.append(.text(try text(Int(try byte()))))
    default: return false
    }
    return true
  }

  private func integer(_ bytes: Data) -> PickleValue {
    guard bytes.count <= 8 else { return .long([UInt8](bytes)) }
    var value: UInt64 = 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    let unused = 64 - 8 * UInt64(bytes.count)
    return .integer(bytes.isEmpty ? 0 : Int(Int64(bitPattern: value << unused) >> Int64(unused)))
  }

  /// Marks, tuples, lists and dictionaries; false for another opcode.
  private mutating func runContainer(_ code: UInt8) throws(CheckpointError) -> Bool {
    switch code {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: ")"): pushTuple([])
    case UInt8(ascii: "t"): pushTuple(try popToMark())
    case 0x85: pushTuple(try pop(1))
    case 0x86: pushTuple(try pop(2))
    case 0x87: pushTuple(try pop(3))
    case UInt8(ascii: "]"): pushList([])
    case UInt8(ascii: "l"): pushList(try popToMark())
    case UInt8(ascii: "a"): try append(try pop(1))
    case UInt8(ascii: "e"): try append(try popToMark())
    case UInt8(ascii: "}"): try pushDictionary([])
    case UInt8(ascii: "d"): try pushDictionary(try popToMark())
    case UInt8(ascii: "s"): try set(try pop(2))
    case UInt8(ascii: "u"): try set(try popToMark())
    default: return false
    }
    return true
  }

  private mutating func pushList(_ values: [PickleValue]) {
    heap.lists.append(values)
    stack.append(.list(heap.lists.count - 1))
  }

  private mutating func pushDictionary(_ values: [PickleValue]) throws(CheckpointError) {
    heap.dictionaries.append([])
    stack.append(.dictionary(heap.dictionaries.count - 1))
    try set(values)
  }

  private mutating func append(_ values: [PickleValue]) throws(CheckpointError) {
    guard case .list(let list)? = stack.last else { throw damaged("its pickle appends to no list") }
    heap.lists[list].append(contentsOf: values)
  }

  private mutating func set(_ values: [PickleValue]) throws(CheckpointError) {
    guard case .dictionary(let dictionary)? = stack.last, values.count % 2 == 0 else {
      throw damaged("its pickle sets items of no dictionary")
    }
    for index in stride(from: 0, to: values.count, by: 2) {
      heap.dictionaries[dictionary].append((values[index], values[index + 1]))
    }
  }

  /// Remembering and recalling; false for another opcode.
  private mutating func runMemo(_ code: UInt8) throws(CheckpointError) -> Bool {
    switch code {
    case UInt8(ascii: "q"): try remember(Int(try byte()))
    case UInt8(ascii: "r"): try remember(try number(UInt32.self))
    case 0x94: try remember(memo.count)
    case UInt8(ascii: "h"): try recall(Int(try byte()))
    case UInt8(ascii: "j"): try recall(try number(UInt32.self))
    default: return false
    }
    return true
  }

  private mutating func remember(_ place: Int) throws(CheckpointError) {
    guard let value = stack.last, memo.count < PickleMachine.memoLimit else {
      throw damaged("its pickle remembers nothing, or too much")
    }
    memo[place] = value
  }

  private mutating func recall(_ place: Int) throws(CheckpointError) {
    guard let value = memo[place] else { throw damaged("its pickle recalls what it never made") }
    stack.append(value)
  }

  /// Constructors by name, their calls, and storages; false for another opcode.
  private mutating func runObject(_ code: UInt8) throws(CheckpointError) -> Bool {
    switch code {
    case UInt8(ascii: "c"): try pushGlobal(module: try line(), name: try line())
    case 0x93:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw damaged("its pickle names an object by no text")
      }
      try pushGlobal(module: module, name: name)
    case UInt8(ascii: "R"):
      let arguments = try pop()
      try call(try pop(), arguments)
    case UInt8(ascii: "b"):
      // The state of an ordered dictionary: the version numbers PyTorch's modules leave behind.
      _ = try pop()
      guard case .dictionary? = stack.last else {
        throw CheckpointError.refused(file: file, name: "the state of an object")
      }
    case UInt8(ascii: "Q"): try pushStorage(try pop())
    default: return false
    }
    return true
  }

  private mutating func pushGlobal(module: String, name: String) throws(CheckpointError) {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw .refused(file: file, name: "\(module).\(name)")
    }
    stack.append(.global(global))
  }

  mutating func push(_ tensor: PickledTensor) {
    heap.tensors.append(tensor)
    stack.append(.tensor(heap.tensors.count - 1))
  }

  mutating func push(_ storage: PickledStorage) {
    heap.storages.append(storage)
    stack.append(.storage(heap.storages.count - 1))
  }

  mutating func pushEmptyDictionary() throws(CheckpointError) { try pushDictionary([]) }
}
