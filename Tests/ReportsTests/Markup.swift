import Foundation
import Testing

/// What a page's markup says of itself, as far as tests ask: its tags, taken apart without a library.
struct Markup {
  /// The names of the opening tags, in their order.
  private(set) var tags: [String] = []
  /// The first thing that is not well-formed.
  private(set) var problem: String?

  private static let void: Set<String> = ["meta", "input", "br", "link", "img"]

  /// Takes a page apart: every tag is closed in the order of opening, attributes are quoted, ids are unique.
  init(_ html: String) {
    var rest = Substring(html)
    var open: [String] = []
    var ids: Set<Substring> = []
    while let start = rest.firstIndex(of: "<") {
      rest = rest[rest.index(after: start)...]
      guard rest.first != "!" else { continue }
      guard let end = Markup.end(of: rest) else {
        problem = "a tag does not end: \(rest.prefix(80))"
        return
      }
      let tag = rest[..<end]
      rest = rest[rest.index(after: end)...]
      let name = String(tag.drop { $0 == "/" }.prefix { !$0.isWhitespace && $0 != "/" })
      if tag.first == "/" {
        guard open.popLast() == name else {
          problem = "</\(name)> closes nothing"
          return
        }
        continue
      }
      tags.append(name)
      if let range = tag.range(of: " id=\"") {
        guard ids.insert(tag[range.upperBound...].prefix { $0 != "\"" }).inserted else {
          problem = "an id occurs twice: \(tag)"
          return
        }
      }
      if name == "script" || name == "style" {
        guard let close = rest.range(of: "</\(name)>") else {
          problem = "\(name) does not end"
          return
        }
        rest = rest[close.upperBound...]
      } else if tag.last != "/", !Markup.void.contains(name) {
        open.append(name)
      }
    }
    if !open.isEmpty { problem = "never closed: \(open)" }
  }

  /// The end of a tag, outside of quoted attributes.
  private static func end(of rest: Substring) -> Substring.Index? {
    var isQuoted = false
    return rest.indices.first { index in
      if rest[index] == "\"" { isQuoted.toggle() }
      return rest[index] == ">" && !isQuoted
    }
  }
}
