import Exemplars
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// What the check before packing finds.
struct CheckTests {
  /// A phantom of noise, so that no two cases are alike.
  private func phantom(_ number: Int) -> Phantom {
    var phantom = Phantom()
    phantom.image = phantom.image.enumerated().map { Float(($0 * 7 + number * 13) % 59) + $1 }
    phantom.labels[number] = 2
    return phantom
  }

  /// Checks `count` phantoms after `change`.
  private func check(
    _ count: Int, split: String? = nil, labels: LabelMap? = nil,
    _ change: (Int, inout Phantom) -> Void = { _, _ in },
    names: (Int) -> String = { "c\($0)" }, and after: (String) throws -> Void = { _ in }
  ) throws -> CheckReport {
    var report: CheckReport?
    try Phantom.inFolder(["images", "labels"]) { folder in
      for number in 0..<count {
        var phantom = phantom(number)
        change(number, &phantom)
        let name = names(number)
        try phantom.write(
          image: folder + "/images/\(name).nii", label: folder + "/labels/\(name).nii")
      }
      try after(folder)
      report = try Packing(
        kind: .nifti, folders: [folder], labels: labels,
        split: try split.map { try SplitRule(parsing: $0) }
      ).check()
    }
    return try #require(report)
  }

  private func found(_ findings: [Finding], _ check: Finding.Check) -> [String] {
    findings.filter { $0.check == check }.map(\.message)
  }

  @Test func `a sound set has neither errors nor warnings`() throws {
    let report = try check(6, split: "train=4,test=-1")
    #expect(report.errors.isEmpty && report.warnings.isEmpty, "\(report.text)")
    #expect(report.cases.map(\.id) == ["c0", "c1", "c2", "c3", "c4", "c5"])
    #expect(report.cases[0].emptySlices == 0 && report.cases[0].orientation == "RAS")
    #expect(report.text.contains("splits: test 1, train 4, none 1"))
    #expect(report.text.contains("no errors, no warnings"))
  }

  @Test func `every error of every case is reported at once`() throws {
    let map = LabelMap([.init(name: "one", values: [1, 2])])
    let report = try check(6, labels: map) { number, phantom in
      switch number {
      case 0: phantom.image[7] = .nan
      case 1: phantom.image[59] = .infinity
      case 2: phantom.labels[3] = 9
      default: break
      }
    } and: { folder in
      var other = phantom(3)
      other.geometry = Geometry(
        extents: Phantom.geometry.extents,
        affine: Affine(spacing: SIMD3(0.8, 1.2, 2), translation: SIMD3(-10, 20, 5.01)))
      try other.write(image: folder + "/unused.nii", label: folder + "/labels/c3.nii")
      try Data("junk".utf8).write(to: URL(fileURLWithPath: folder + "/images/c4.nii"))
      try FileManager.default.removeItem(atPath: folder + "/labels/c5.nii")
    }
    #expect(report.errors.map(\.cases) == [["c5"], ["c0"], ["c1"], ["c3"], ["c4"], ["c2"]])
    #expect(found(report.errors, .notFinite).count == 2)
    #expect(
      found(report.errors, .notFinite)[0].contains("images/c0.nii: the voxel [2, 1, 0] is nan"))
    #expect(found(report.errors, .labels)[0].contains("9 (1 voxels)"))
    let grid = try #require(found(report.errors, .grid).first)
    #expect(
      grid.contains(
        "the origin is (-10, 20, 5.01) mm, not (-10, 20, 5) mm, off by 0.01 mm along an axis"),
      "\(grid)")
    #expect(!grid.contains("shape"))
    #expect(report.errors[4].files[0].hasSuffix("images/c4.nii"))
    #expect(throws: ExemplarError.self) { try report.requireSound() }
  }

  @Test func `direction differences of 2e-8 pass, and the largest is told`() throws {
    let report = try check(1) { _, _ in
    } and: { folder in
      var other = phantom(0)
      var columns = Phantom.geometry.affine.columns
      columns[0].y = 2e-8
      other.geometry = Geometry(
        extents: Phantom.geometry.extents,
        affine: Affine(columns: columns, translation: Phantom.geometry.affine.translation))
      try other.write(image: folder + "/unused.nii", label: folder + "/labels/c0.nii")
    }
    #expect(report.errors.isEmpty)
    #expect(report.cases[0].affineDifference > 0 && report.cases[0].affineDifference < 3e-8)
    #expect(report.text.contains("(0.001 mm is allowed)"))
  }

  @Test func `cases unlike the others are warned of`() throws {
    let report = try check(8) { number, phantom in
      switch number {
      case 1: phantom.image = phantom.image.map { $0 + 1000 }
      case 2:
        phantom.geometry = Geometry(
          extents: SIMD3(5, 4, 3), affine: Affine(spacing: SIMD3(0.8, 1.2, 8)))
      case 3: phantom.image = phantom.image.map { _ in 7 }
      case 4: phantom.labels = phantom.labels.map { _ in 0 }
      case 5: phantom.labels = phantom.labels.map { _ in 1 }
      default: break
      }
    }
    #expect(report.errors.isEmpty, "\(report.text)")
    let intensities = found(report.warnings, .intensities)
    #expect(intensities.count == 2)
    #expect(intensities[0].contains("c3: the channel 0 holds the value 7 only"))
    #expect(intensities[1].hasPrefix("c1: the values of the channel 0 run from 10"))
    #expect(found(report.warnings, .spacing).map { $0.prefix(3) } == ["c2:"])
    #expect(
      found(report.warnings, .emptyLabel) == [
        "c3: 3 slices have a label where the image holds one value only.",
        "c4: the label is empty.",
      ])
    #expect(
      found(report.warnings, .labelSize).contains {
        $0.hasPrefix("c5: the label 1 has 115.2 mm³ (60")
      })
    #expect(report.cases[4].emptySlices == 3)
  }

  @Test func `values of the scanner's own scale and a stray label are warned of`() throws {
    let report = try check(7) { number, phantom in
      if number == 2 { phantom.image = phantom.image.map { $0 / 16 } }
      if number == 3 { phantom.labels[9] = 77 }
    }
    #expect(found(report.warnings, .intensities).map { $0.prefix(3) } == ["c2:"])
    #expect(found(report.warnings, .labels).count == 1)
    #expect(
      found(report.warnings, .labels)[0].hasPrefix(
        "c3: no other case has the label value 77 (1 voxels here)"))
  }

  @Test func `equal scans are found by file and by voxel, and refused across splits`() throws {
    func doubled(_ split: String?) throws -> CheckReport {
      try check(4, split: split) { _, _ in
      } and: { folder in
        let images = folder + "/images/"
        try FileManager.default.removeItem(atPath: images + "c1.nii")
        try FileManager.default.copyItem(atPath: images + "c0.nii", toPath: images + "c1.nii")
        let turned = Orientation(axes: [0, 1, 2], reversed: [true, true, false])
        try phantom(0).write(
          image: images + "c2.nii", label: folder + "/labels/c2.nii", as: turned)
      }
    }
    let report = try doubled(nil)
    #expect(report.errors.isEmpty)
    #expect(
      found(report.warnings, .duplicate) == [
        "c1 has the same image as c0.", "c2 has the same voxels as c0, in another file.",
      ])
    let split = try doubled("train=c0,c2,test=c1,c3")
    #expect(found(split.errors, .split).count == 2)
    #expect(split.errors[0].message.contains("c1 (the same image as c0) is in the splits train"))
    let other = try doubled("train=c0,c1,test=c2,c3")
    #expect(other.errors[0].message.contains("c2 (the voxels of c0) is in the splits train"))
  }

  @Test func `a label copied to another image is warned of, an image that is its label refused`()
    throws
  {
    let report = try check(3) { number, phantom in
      if number == 1 { phantom.labels = self.phantom(0).labels }
      if number == 2 { phantom.image = phantom.labels.map(Float.init) }
    }
    #expect(found(report.warnings, .duplicate).count == 1)
    #expect(
      found(report.warnings, .duplicate)[0].hasPrefix("c1: the label is the same as that of c0,"))
    #expect(found(report.errors, .duplicate).count == 1 && report.errors[0].cases == ["c2"])
  }

  @Test func `a case or a patient in two splits is an error`() throws {
    let names = ["sub-01_ses-1", "sub-01_ses-2", "sub-02_ses-1", "sub-03_ses-1"]
    let report = try check(4, split: "train=2,test=-3", names: { names[$0] })
    #expect(found(report.errors, .split).count == 1)
    #expect(report.errors[0].message.contains("sub-01_ses-2 is in the splits train and test"))
    let patients = try check(4, split: "train=1,test=-3", names: { names[$0] })
    #expect(found(patients.errors, .split).count == 1)
    #expect(
      patients.errors[0].message.contains(
        "The patient sub-01 is in the splits test (sub-01_ses-2) and train (sub-01_ses-1)"))
    #expect(patients.cases[2].patient == "sub-02")
  }

  @Test func `numbers that 32-bit floats cannot hold are warned of`() throws {
    try Phantom.inFolder(["images", "labels"]) { folder in
      for (id, file) in [("a", "uint32.nii"), ("b", "float64.nii"), ("c", "int16_ras.nii")] {
        let golden = Goldens.path("formats/nifti/\(file)")
        try FileManager.default.copyItem(atPath: golden, toPath: folder + "/images/\(id).nii")
        let image = try Volume.read(golden)
        try LabelVolume(
          values: (0..<image.geometry.count).map { Int32($0 % 3) }, geometry: image.geometry,
          source: image.source
        ).write(folder + "/labels/\(id).nii")
      }
      let report = try Packing(kind: .nifti, folders: [folder]).check()
      let rounded = report.warnings.filter { $0.message.contains("were rounded") }
      #expect(rounded.flatMap(\.cases).contains("b") && !rounded.flatMap(\.cases).contains("c"))
    }
  }

  @Test func `two hundred cases stay readable, and the report does not depend on threads`() throws {
    var texts: [String] = []
    for threads in [1, 2] {
      Threads.use(threads)
      defer { Threads.use(0) }
      let report = try check(40) { _, phantom in
        phantom.labels = phantom.labels.map { _ in 0 }
      }
      let lines = report.text.split(separator: "\n").map(String.init)
      #expect(lines.count { $0.hasPrefix("warning: ") } == 1)
      #expect(
        lines.contains("warning: 40 cases (c0, c1, c10, c11, c12 and 35 more): the label is empty.")
      )
      texts.append(report.text + (try report.json()))
    }
    #expect(texts[0].count > 1000)
    let plain = texts.map { $0.replacing(/graft-test-[-A-Z0-9]*/, with: "") }
    #expect(plain[0] == plain[1])
  }

  @Test func `many classes are told in one line`() throws {
    let report = try check(3) { number, phantom in
      phantom.labels = phantom.labels.indices.map { Int32(($0 + number) % 25) }
    }
    #expect(report.text.contains("24 classes, each in 3 cases with 6…9 voxels in all"))
    #expect(report.text.contains("24 values"))
  }

  @Test func `the JSON report has its documented shape`() throws {
    let report = try check(2, split: "train=1,test=-1") { number, phantom in
      if number == 1 { phantom.image[0] = .nan }
    }
    let data = Data(try report.json().utf8)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(
      object.keys.sorted() == [
        "affine_tolerance_mm", "cases", "centres", "channels", "classes", "dataset", "errors",
        "listed", "notes", "sound", "splits", "version", "warnings",
      ])
    #expect(object["version"] as? Int == 1 && object["sound"] as? Bool == false)
    let cases = try #require(object["cases"] as? [[String: Any]])
    #expect(
      cases[0].keys.sorted() == [
        "affine_difference_mm", "channels", "datatype", "empty_slices", "format", "id", "images",
        "label_files", "labelled_blank_slices", "labels", "orientation", "shape", "spacing",
        "split", "unit", "voxels_sha256",
      ])
    let errors = try #require(object["errors"] as? [[String: Any]])
    #expect(errors[0].keys.sorted() == ["cases", "check", "files", "message"])
    #expect(errors[0]["check"] as? String == "not_finite")
  }

  @Test(arguments: [
    ("sub-01_ses-2", "sub-01"), ("BraTS-GLI-00002-001", "brats-gli-00002"),
    ("Brats18_CBICA_AAB_1", "brats18_cbica_aab"), ("patient001_frame12", "patient001"),
    ("brats_2013_pat0003_1", "brats_2013_pat0003"),
    ("PatientID_0003_Timepoint_2", "patientid_0003"),
    ("A12_visit2", "a12"), ("x-followup", "x"), ("hippocampus_001", nil), ("case0005", nil),
    ("BraTS2021_00000", nil),
  ])
  func `a patient is read off a name that says so`(id: String, patient: String?) throws {
    let report = try check(1, names: { _ in id })
    #expect(report.cases[0].patient == patient)
  }
}
