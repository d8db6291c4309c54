import Foundation

/// What a file of events holds, read without the program's own encoder.
struct Events {
  /// The step and the status of each session's mark.
  var sessions: [(step: Int, status: Int)] = []
  /// The values by tag and step, a later session replacing what an earlier one wrote from its first step on.
  var values: [String: [Int: Float]] = [:]

  /// Reads the files of a run in their order, each up to its first torn record.
  init(_ files: [Data]) {
    for file in files {
      for record in Events.records(file) { take(record) }
    }
  }

  private static func records(_ file: Data) -> [Data] {
    var (records, at) = ([Data](), 0)
    while at + 12 <= file.count {
      let length = Int(file[at..<at + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
      guard length >= 0, at + 16 + length <= file.count else { break }
      records.append(Data(file[at + 12..<at + 12 + length]))
      at += 16 + length
    }
    return records
  }

  private mutating func take(_ record: Data) {
    let event = Events.fields(record)
    let step = event[2]?.first.map(Events.number) ?? 0
    if let session = event[7]?.first {
      sessions.append((step, Events.fields(session)[1]?.first.map(Events.number) ?? 0))
      values = values.mapValues { $0.filter { $0.key < step } }
    }
    for value in event[5]?.first.map({ Events.fields($0)[1] ?? [] }) ?? [] {
      let fields = Events.fields(value)
      let tag = String(decoding: fields[1]?.first ?? Data(), as: UTF8.self)
      let bits = (fields[2]?.first ?? Data(count: 4)).reversed().reduce(UInt32(0)) {
        $0 << 8 | UInt32($1)
      }
      values[tag, default: [:]][step] = Float(bitPattern: bits)
    }
  }

  /// The bytes of a message's fields by number; numbers as they are encoded.
  private static func fields(_ message: Data) -> [Int: [Data]] {
    var fields: [Int: [Data]] = [:]
    var rest = Data(message)
    while !rest.isEmpty {
      let key = number(takeNumber(&rest))
      let length =
        switch key & 7 {
        case 0: -1
        case 1: 8
        case 2: number(takeNumber(&rest))
        default: 4
        }
      let value = length < 0 ? takeNumber(&rest) : Data(rest.prefix(length))
      if length >= 0 { rest = Data(rest.dropFirst(length)) }
      fields[key >> 3, default: []].append(value)
    }
    return fields
  }

  private static func takeNumber(_ data: inout Data) -> Data {
    let count = (data.firstIndex { $0 < 0x80 } ?? data.endIndex - 1) - data.startIndex + 1
    let number = Data(data.prefix(count))
    data = Data(data.dropFirst(count))
    return number
  }

  private static func number(_ bytes: Data) -> Int {
    bytes.reversed().reduce(0) { $0 << 7 | Int($1 & 0x7F) }
  }
}
