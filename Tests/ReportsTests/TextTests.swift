import Metrics
import Reports
import Testing

struct TextTests {
  private static func row(
    _ name: String, _ label: Evaluation.Label, dice: Double?, prediction: String? = nil,
    status: Status = .ok
  ) -> Evaluation.Row {
    var scores = Scores(volumeOfPrediction: 12, volumeOfReference: 8.5, status: status)
    scores[.dice] = dice
    scores[.hausdorff95Maximum] = dice.map { 10 * (1 - $0) }
    return Evaluation.Row(prediction: prediction, name: name, label: label, scores: scores)
  }

  private let findings = Findings(
    Evaluation(
      spacingUnit: "mm",
      rows: [
        row("a", .name("liver \"left\""), dice: 0.75),
        row("b", .name("liver \"left\""), dice: 0.25),
        row("c", .name("liver \"left\""), dice: nil, status: .bothEmpty),
      ]))

  @Test
  func `metrics json has one row per case and label in the documented order, undefined as null`() {
    let lines = findings.json.split(separator: "\n").map(String.init)
    let head: [String] = [
      #""convention": "default""#, #""policy": "strict""#, #""spacing_unit": "mm""#,
      #""tolerances": [1.0, 2.0]"#, #""lesions": null"#, #""seed": 1"#,
    ]
    #expect(Array(lines[1...6]) == head.map { "  \($0)," })
    let row: String =
      #"    {"case": "a", "label": "liver \"left\"", "dice": 0.75, "iou": null, "hd": null, "#
      + #""hd95_max": 2.5, "hd95_pooled": null, "assd": null, "nsd_1mm": null, "nsd_2mm": null, "#
      + #""precision": null, "recall": null, "volume_error": 3.5, "#
      + #""volume_error_relative": 0.4117647058823529, "volume_prediction": 12.0, "#
      + #""volume_reference": 8.5, "diagonal": null, "status": "ok"},"#
    #expect(lines[8] == row)
    #expect(lines[10].contains(#""dice": null"#) && lines[10].contains(#""both_empty""#))
    #expect(
      lines[13]
        == #"    {"label": "liver \"left\"", "measure": "dice", "mean": 0.5, "#
        + #""sd": 0.3535533905932738, "interval": [0.25, 0.75], "median": 0.5, "#
        + #""lower_quartile": 0.375, "upper_quartile": 0.625, "used": 2, "total": 3, "filled": 0},"#
    )
  }

  @Test func `a label without a name is a number in json`() {
    let rows = [Self.row("a", .value(3), dice: 1), Self.row("a", .value(12), dice: 0)]
    let json = Findings(Evaluation(spacingUnit: "mm", rows: rows)).json
    #expect(json.contains(#"{"case": "a", "label": 3, "dice": 1.0"#))
    #expect(json.contains(#"{"label": null, "measure": "dice", "mean": 0.5"#))
  }

  @Test func `comma-separated values leave undefined cells empty and quote what must be`() {
    let lines = findings.csv.split(separator: "\n").map(String.init)
    #expect(
      lines[0]
        == "case,label,dice,iou,hd,hd95_max,hd95_pooled,assd,nsd_1mm,nsd_2mm,precision,recall,"
        + "volume_error,volume_error_relative,volume_prediction,volume_reference,status")
    #expect(lines[1] == #"a,"liver ""left""",0.75,,,2.5,,,,,,,3.5,0.4117647058823529,12.0,8.5,ok"#)
    #expect(lines[3] == #"c,"liver ""left""",,,,,,,,,,,3.5,0.4117647058823529,12.0,8.5,both_empty"#)
  }

  @Test func `a table has columns as wide as their widest cell`() {
    let table = textTable(
      header: ["case", "dice"], rows: [["a", "0.5000"], ["long name", "–"]], leading: 1)
    #expect(
      table == """
        case         dice
        ---------  ------
        a          0.5000
        long name       –

        """)
  }

  @Test func `several predictions stand side by side, and each mean says over how many values`() {
    let rows = [
      Self.row("a", .value(1), dice: 0.5, prediction: "lora"),
      Self.row("a", .value(1), dice: nil, prediction: "full"),
    ]
    let table = Findings(Evaluation(spacingUnit: "mm", rows: rows)).table
    #expect(table.contains("case  label  dice lora  dice full  hd95_max lora  hd95_max full"))
    #expect(table.contains("a     1         0.5000          –           5.00              –"))
    #expect(table.contains("1 of 1") && table.contains("0 of 1"))
  }

  @Test func `the published rule is named in the title`() {
    let published = Evaluation(
      scoring: Scoring(convention: .transunet), spacingUnit: "voxel", rows: [])
    #expect(
      Findings(published).table
        .hasPrefix("Policy transunet (the rule of the published tables): distances in voxels"))
    #expect(published.telling == [.dice, .hausdorff95Pooled, .averageSymmetric])
    #expect(!published.definitions.contains("spacing"))
  }
}
