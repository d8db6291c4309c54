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

  @Test(arguments: [
    ("figshare-brain-tumour", "figshare-brain-tumour", 43), ("dsb2018", "dsb2018-nuclei", 8),
    ("spine-generic", "other/spine-generic", 1), ("pyradiomics", "brain-mr/pyradiomics", 2),
    ("pyradiomics", "other/pyradiomics", 1), ("pyradiomics-phantom", "other/pyradiomics", 1),
    ("spleen-crop", "abdomen-ct/msd-task09-spleen2-crop", 1),
    ("slicer-chest", "chest-ct/slicerio", 1),
    ("totalsegmentator", "abdomen-ct/totalsegmentator", 2),
    ("totalsegmentator-mr", "abdomen-ct/totalsegmentator", 1),
  ])
  func `every folder of real scans packs by its descriptor`(
    name: String, folder: String, count: Int
  ) throws {
    guard let data = SharedData.folder(folder) else { return }
    try Phantom.inFolder([]) { out in
      let dataset = try Descriptor.named(name)
      let pack = try pack(Packing(dataset: dataset, folders: [data]), in: out)
      #expect(pack.cases.count == count)
      for entry in pack.cases {
        #expect(try pack.classes(entry.id).counts.keys.contains { $0 != 0 }, "\(entry.id)")
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
