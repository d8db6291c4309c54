import Foundation
import Testing
import graft

/// The estimate and the lines of long work, by a clock the tests turn themselves.
struct WorkTests {
  @Test func `even work is estimated exactly once half a second has gone by`() {
    var pace = Pace(total: 100, at: 10)
    #expect(pace.secondsLeft(at: 10) == nil)
    pace.advance(to: 1, at: 10.25)
    #expect(pace.secondsLeft(at: 10.25) == nil)
    pace.advance(to: 2, at: 10.5)
    #expect(pace.secondsLeft(at: 10.5) == 98 * 0.25)
    #expect(pace.elapsed(at: 10.5) == 0.5)
    pace.advance(to: 100, at: 40)
    #expect(pace.secondsLeft(at: 40) == 0)
  }

  @Test func `the time since the last mark is part of the rest, one unit of it at most`() {
    var pace = Pace(total: 10, at: 0)
    pace.advance(to: 5, at: 50)
    #expect(pace.secondsLeft(at: 50) == 50)
    #expect(pace.secondsLeft(at: 56) == 44)
    #expect(pace.secondsLeft(at: 90) == 40)
  }

  @Test func `one stop, such as a sleep of eight hours, hardly changes the estimate`() throws {
    var pace = Pace(total: 1000, at: 0)
    var time = 0.0
    for step in 1...200 {
      time += step == 150 ? 8 * 3600 : 1
      pace.advance(to: Double(step), at: time)
    }
    let left = try #require(pace.secondsLeft(at: time))
    #expect(left >= 800 && left <= 800 * 1.04)
  }

  @Test func `a lasting change of pace is followed`() throws {
    var pace = Pace(total: 2000, at: 0)
    var time = 0.0
    for step in 1...500 {
      time += step <= 300 ? 1 : 3
      pace.advance(to: Double(step), at: time)
    }
    let left = try #require(pace.secondsLeft(at: time))
    #expect(abs(left - 1500 * 3) < 1)
  }

  @Test func `what a resumed run had done before takes no time`() {
    var pace = Pace(total: 100, done: 50, at: 0)
    pace.advance(to: 60, at: 10)
    #expect(pace.secondsLeft(at: 10) == 40)
    pace.advance(to: 55, at: 11)
    #expect(pace.done == 60)
  }

  @Test(arguments: [(0.2, "1 s"), (89.5, "90 s"), (90, "2 min"), (5399, "90 min"), (5401, "1.6 h")])
  func `times are rounded up`(seconds: Double, text: String) {
    #expect(duration(seconds) == text)
  }

  /// Work of ten units, told here, with a clock in hand.
  private final class Bench {
    var time = 0.0
    var lines: [(sentence: String, fields: [String: any Sendable])] = []
    var isInterrupted = false

    func work(_ style: Work.Style, total: Int = 10) -> Work {
      Work(
        "predict", total: total, style: style, isInterrupted: { self.isInterrupted },
        now: { self.time }
      ) { self.lines.append(($0, $1)) }
    }
  }

  @Test func `a terminal gets one line, at most ten times a second`() throws {
    let bench = Bench()
    let work = bench.work(.terminal(columns: 80))
    for unit in 1...10 {
      bench.time += 0.04
      work.mark(Double(unit), detail: "case_\(unit)")
    }
    #expect(
      bench.lines.map(\.sentence) == [
        "predict 1/10 (10 %)  case_1", "predict 4/10 (40 %)  case_4",
        "predict 7/10 (70 %)  case_7", "predict 10/10 (100 %)  case_10",
      ])
    bench.time = 20
    work.mark(10)
    #expect(bench.lines.last?.sentence == "predict 10/10 (100 %)")
  }

  @Test func `a line says the time left and stays within the terminal`() {
    let bench = Bench()
    let work = bench.work(.terminal(columns: 45))
    bench.time = 50
    work.mark(5)
    work.mark(5.5)
    bench.time = 60
    work.mark(6, detail: "a name that is far too long for it")
    #expect(
      bench.lines.map(\.sentence)
        == ["predict 5/10 (50 %)  50 s left", "predict 6/10 (60 %)  40 s left  a name that…"])
    #expect(bench.lines.allSatisfy { $0.sentence.count < 45 })
  }

  @Test func `elsewhere a line comes once a minute, and none of short work`() {
    let bench = Bench()
    let work = bench.work(.plain, total: 100)
    for unit in 1...14 {
      bench.time += 10
      work.mark(Double(unit))
    }
    #expect(
      bench.lines.map(\.sentence)
        == ["predict 6/100 (6 %)  16 min left", "predict 12/100 (12 %)  15 min left"])
    let short = Bench()
    let quick = short.work(.plain)
    for unit in 1...10 { quick.mark(Double(unit)) }
    #expect(short.lines.isEmpty)
  }

  @Test func `objects have the documented fields`() throws {
    let bench = Bench()
    let work = bench.work(.json)
    bench.time = 0.25
    work.mark(0.5, ["case": "a"])
    bench.time = 2
    work.mark(1)
    bench.time = 2.5
    work.mark(2)
    bench.time = 2.75
    work.mark(10)
    let fields = bench.lines.map(\.fields)
    #expect(
      fields.map { $0["done"] as? Double ?? ($0["done"] as? Int).map(Double.init) } == [0.5, 1, 10])
    #expect(fields.allSatisfy { $0["total"] as? Int == 10 && $0["work"] as? String == "predict" })
    #expect(fields[0]["case"] as? String == "a")
    #expect(fields[0]["seconds_left"] is NSNull)
    #expect(fields[1]["seconds_left"] as? Double == 18)
    #expect(fields[1]["seconds"] as? Double == 2)
    #expect(fields[2]["seconds_left"] as? Double == 0)
    #expect(fields[0]["resident_bytes"] as? Int ?? 1 > 0)
  }

  @Test func `work that is interrupted throws, unless it is done`() throws {
    let bench = Bench()
    let work = bench.work(.plain)
    try work.advance(to: 1)
    bench.isInterrupted = true
    #expect(throws: Interrupted.self) { try work.advance(to: 2) }
    try work.advance(to: 10)
  }
}
