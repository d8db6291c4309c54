import Exemplars
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

struct RealDataTests {
  @Test func `the hippocampus scans pack`() throws {
    guard let data = SharedData.folder("msd-hippocampus") else { return }
    try Phantom.inFolder([]) { folder in
      let split = try SplitRule(parsing: "train=5,test=-20")
      let pack = try pack(Packing(kind: .nifti, folders: [data], split: split), in: folder)
      #expect(pack.cases.count == 40 && pack.labels.names == ["1", "2"])
      #expect(pack.cases(in: "train").count == 5 && pack.cases(in: "test").count == 20)
      for entry in pack.cases.prefix(3) {
        let file = try Volume.read(data + "/images/\(entry.id).nii.gz")
        #expect(try pack.image(entry.id).restored.voxels == file.voxels)
        let labels = try LabelVolume.read(data + "/labels/\(entry.id).nii.gz")
        #expect(try pack.classes(entry.id).restored.values == labels.values)
      }
    }
  }

  @Test func `the brain tumours of 2013 pack, merged to the whole tumour`() throws {
    guard let data = SharedData.folder("brats2013") else { return }
    try Phantom.inFolder([]) { folder in
      let whole = LabelMap([.init(name: "whole tumour", values: [1, 2, 3, 4])])
      let packing = Packing(
        dataset: try Descriptor.named("brats"), folders: [data], labels: whole,
        split: try SplitRule(parsing: "train=0005,0006,test=0003,0004"))
      let pack = try pack(packing, in: folder)
      #expect(pack.channels == ["flair", "t1c"] && pack.cases.count == 4)
      let entry = try pack.entry("brats_2013_pat0004_1")
      #expect(entry.split == "test" && entry.geometry.extents == SIMD3(240, 240, 155))
      let path = data + "/\(entry.id)/OTMultiClass.nii.gz"
      let labels = try LabelVolume.read(path)
      #expect(try pack.classes(entry.id).restored.values == labels.values.map { $0 == 0 ? 0 : 1 })
    }
  }
}
