import Reports
import Testing

struct HTMLTests {
  @Test func `interpolated texts are escaped, interpolated HTML is not`() {
    let name = #"<script>"a" & 'b'</script>"#
    let cell: HTML = "<td title=\"\(name)\">\(name)</td>"
    let safe = "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;"
    #expect(cell.markup == "<td title=\"\(safe)\">\(safe)</td>")
    let row: HTML = "<tr>\(cell)\([cell, cell])\(3)</tr>"
    #expect(row.markup == "<tr>\(cell.markup)\(cell.markup)\(cell.markup)3</tr>")
    let control: HTML = "\("a\u{0}b\u{1B}c")"
    #expect(control.markup == "a\u{FFFD}b\u{FFFD}c")
  }
}
