import Exemplars
import Failures
import Testing

struct SplitRuleTests {
  let ids = ["a1", "a2", "b1", "b2", "c0005"]

  @Test func `items name cases or parts of one case's name`() throws {
    let rule = try SplitRule(parsing: "train=a1,b1,0005,test=b2")
    #expect(
      try rule.assignment(of: ids) == [
        "a1": "train", "b1": "train", "c0005": "train", "b2": "test",
      ])
  }

  @Test func `a lone number counts from the front, a negative one from the back`() throws {
    let rule = try SplitRule(parsing: "train=2,test=-1")
    #expect(try rule.assignment(of: ids) == ["a1": "train", "a2": "train", "c0005": "test"])
    #expect(try SplitRule(parsing: "x=3").assignment(of: ["1", "2", "3"]) == ["3": "x"])
  }

  @Test func `a case in two splits is an error`() throws {
    let rule = try SplitRule(parsing: "train=4,test=-2")
    #expect(throws: ExemplarError.twoSplits(id: "b2", one: "train", other: "test")) {
      try rule.assignment(of: ids)
    }
  }

  @Test(arguments: ["", "train", "train=", "=a", "train=a,,b", "train=a,train=b"])
  func `a rule that cannot be read is wrong usage`(_ text: String) throws {
    let error = #expect(throws: ExemplarError.self) { try SplitRule(parsing: text) }
    #expect(error?.kind == .usage)
  }

  @Test(arguments: ["train=a", "train=none", "train=9", "train=0"])
  func `items that fit no case, or several, are refused`(_ text: String) throws {
    let rule = try SplitRule(parsing: text)
    #expect(throws: ExemplarError.self) { try rule.assignment(of: ids) }
  }
}
