import Archives
package import Foundation

/// The curves of a run as TensorBoard reads them: a file of events in the run's folder, one for each session.
///
/// An event is a message of `tensorflow.Event`, encoded by hand: its fields are few. The first says the version of the
/// format, the second that a session starts at a step, whereupon TensorBoard drops what an interrupted session had
/// written from that step on. metrics.jsonl stays the run's own record; these files are for looking at.
///
/// tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
package final class EventFile {
  private let log: RecordLog
  private let now: () -> Date

  /// Begins a session whose first step is `firstStep`, in a file that sorts after those of earlier sessions.
  package init(inFolder folder: String, firstStep: Int, now: @escaping () -> Date = Date.init)
    throws
  {
    self.now = now
    let name = EventFile.name(at: now(), after: try EventFile.names(in: folder))
    log = try RecordLog(new: "\(folder)/\(name)")
    try add(.text(3, "brain.Event:2"))
    let isStart = ProtocolMessage([.number(1, 1)])
    try add(.number(2, UInt64(firstStep)), .message(7, isStart))
  }

  /// The names of the event files in a folder, in the order TensorBoard reads them.
  package static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasPrefix(prefix) }.sorted()
  }

  private static let prefix = "events.out.tfevents."

  /// A name by the seconds since 1970, later than all before it even where the clock was set back.
  private static func name(at time: Date, after names: [String]) -> String {
    let last = names.compactMap { Int($0.dropFirst(prefix.count).prefix { $0 != "." }) }.max()
    let seconds = max(Int(time.timeIntervalSince1970), (last ?? 0) + 1)
    let digits = "\(seconds)"
    return prefix + String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".graft"
  }

  /// Adds the values of a step.
  package func add(_ record: StepRecord) throws {
    let values = [
      ("loss", record.loss), ("ce", record.ce), ("dice", record.dice), ("lr", record.lr),
      ("epoch", Double(record.epoch)),
    ]
    let summary = ProtocolMessage(
      values.map { tag, value in
        .message(1, ProtocolMessage([.text(1, tag), .float(2, Float(value))]))
      })
    try add(.number(2, UInt64(record.step)), .message(5, summary))
  }

  private func add(_ fields: ProtocolMessage.Field...) throws {
    let time = ProtocolMessage.Field.double(1, now().timeIntervalSince1970)
    try log.append(ProtocolMessage([time] + fields).data)
  }
}

/// A message of Protocol Buffers: fields in order, each with its number and type.
struct ProtocolMessage {
  /// A field's number and value.
  enum Field {
    case number(Int, UInt64)
    case double(Int, Double)
    case float(Int, Float)
    case text(Int, String)
    case message(Int, ProtocolMessage)
  }

  /// The bytes.
  private(set) var data = Data()

  /// A message of fields.
  init(_ fields: [Field]) {
    for field in fields { append(field) }
  }

  private mutating func append(_ field: Field) {
    switch field {
    case .number(let key, let value):
      appendNumber(UInt64(key) << 3)
      appendNumber(value)
    case .double(let key, let value):
      appendNumber(UInt64(key) << 3 | 1)
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    case .float(let key, let value):
      appendNumber(UInt64(key) << 3 | 5)
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    case .text(let key, let text): append(key, Data(text.utf8))
    case .message(let key, let message): append(key, message.data)
    }
  }

  private mutating func append(_ key: Int, _ bytes: Data) {
    appendNumber(UInt64(key) << 3 | 2)
    appendNumber(UInt64(bytes.count))
    data.append(bytes)
  }

  /// Seven bits a byte, the lowest first; the highest bit of a byte says that another follows.
  private mutating func appendNumber(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    data.append(UInt8(rest))
  }
}
