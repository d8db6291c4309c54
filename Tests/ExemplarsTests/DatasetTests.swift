import Archives
import Exemplars
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

struct DatasetTests {
  @Test func `TransUNet's slices become volumes, and its volumes are read`() throws {
    try Phantom.inFolder(["train_npz", "test_vol_h5", "lists/lists_Synapse"]) { folder in
      let golden = Goldens.path("formats/transunet")
      for part in ["train_npz", "test_vol_h5"] {
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(golden)/\(part)") {
          try FileManager.default.copyItem(
            atPath: "\(golden)/\(part)/\(name)", toPath: "\(folder)/\(part)/\(name)")
        }
      }
      try "case0002\ncase0003\ncase0005\n".write(
        toFile: folder + "/lists/lists_Synapse/test_vol.txt", atomically: true, encoding: .utf8)
      let pack = try pack(Packing(kind: .transunet, folders: [folder]), in: folder)
      #expect(pack.cases.map(\.id) == ["case0001", "case0002", "case0003", "case0005"])
      #expect(pack.cases.map(\.split) == ["train", "test", "test", "test"])
      #expect(pack.cases[0].geometry.extents.z == 5 && pack.cases[0].images.count == 5)
      let restored = try pack.image("case0003").restored
      let expected = try NPZ(contentsOf: golden + "/case0003_expected.npz")
      #expect(restored.voxels.values == (try expected.array("image")).floats)
      let labels = try pack.classes("case0003").restored.values
      let named = labels.map { $0 == 0 ? 0 : pack.labels.outputValue(of: Int($0)) }
      #expect(named.map(Int.init) == (try expected.array("label")).integers)
      let expectedSlices = try Goldens.hdf5("formats/transunet/train_expected.h5")
      let names = try expectedSlices.names()
      let slices = try names.filter { $0.hasPrefix("case0001") }.flatMap {
        try expectedSlices.floats("\($0)/image").values
      }
      #expect(try pack.image("case0001").restored.voxels.values == slices)
      try "case0009\n".write(
        toFile: folder + "/lists/lists_Synapse/test_vol.txt", atomically: true, encoding: .utf8)
      #expect(throws: ExemplarError.self) {
        try Packing(kind: .transunet, folders: [folder]).check()
      }
    }
  }

  @Test func `a picture's mask is foreground where it is neither black nor transparent`() throws {
    try Phantom.inFolder(["images", "masks"]) { folder in
      let image = PNG(width: 2, height: 2, channels: 1, bytes: [10, 20, 30, 40])
      let mask = PNG(
        width: 2, height: 2, channels: 4,
        bytes: [0, 0, 0, 255, 255, 0, 0, 255, 255, 255, 255, 0, 7, 7, 7, 9])
      try AtomicFile.write(image.file, to: folder + "/images/a.png")
      try AtomicFile.write(mask.file, to: folder + "/masks/a.png")
      let first = try pack(Packing(kind: .png, folders: [folder]), in: folder)
      #expect(first.labels.names == ["foreground"])
      #expect(try first.classes("a").restored.values == [0, 1, 0, 1])
      #expect(try first.image("a").restored.voxels.values == [10, 20, 30, 40])
      #expect(first.cases[0].geometry.unit == .pixel)
      let gray = PNG(width: 2, height: 2, channels: 1, bytes: [0, 5, 5, 9])
      try AtomicFile.write(gray.file, to: folder + "/masks/a.png")
      let map = LabelMap([.init(name: "x", values: [9]), .init(name: "y", values: [5])])
      let second = try pack(Packing(kind: .png, folders: [folder], labels: map), in: folder)
      #expect(try second.classes("a").restored.values == [0, 2, 2, 1])
      try AtomicFile.write(
        PNG(width: 1, height: 2, channels: 1, bytes: [0, 1]).file, to: folder + "/masks/a.png")
      #expect(throws: VolumeError.self) {
        try Packing(kind: .png, folders: [folder]).check().requireSound()
      }
    }
  }

  @Test func `two cases of one name are refused`() throws {
    try Phantom.inFolder(["images", "labels"]) { folder in
      try Phantom().write(image: folder + "/images/a.nii", label: folder + "/labels/a.nii")
      let report = try Packing(kind: .nifti, folders: [folder, folder]).check()
      #expect(throws: ExemplarError.self) { try report.requireSound() }
      #expect(report.errors.map(\.files) == [[folder + "/labels/a.nii", folder + "/labels/a.nii"]])
    }
  }
}
