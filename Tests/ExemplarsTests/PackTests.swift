import Archives
import Exemplars
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

struct PackTests {
  private static let labels = LabelMap([
    .init(name: "tumour", values: [1, 3]), .init(name: "Ödem", values: [2]),
  ])

  private func entry(_ id: String, split: String?) -> PackedCase {
    let geometry = Geometry(
      extents: SIMD3(4, 3, 2),
      affine: Affine(spacing: SIMD3(0.5, 1, 2.5), translation: SIMD3(-3, 4, 1e-3)))
    let source = geometry.rearranged(
      Orientation(axes: [2, 0, 1], reversed: [true, false, true]).toCanonical.inverse)
    return PackedCase(
      id: id, geometry: geometry, sourceGeometry: source,
      images: [.init(name: "a.nii", digest: "00")], labels: [.init(name: "b.nii", digest: "11")],
      split: split, centre: split.map { _ in "here" }, window: split.map { _ in -125...275 })
  }

  private func write(_ path: String, scale: Float) throws -> (Volume, [UInt8]) {
    let one = entry("a b", split: "train")
    let image = Volume(
      voxels: Tensor([2, 2, 3, 4], (0..<48).map { scale * Float($0 - 20) }), geometry: one.geometry)
    let classes = (0..<24).map { UInt8($0 % 3) }
    try PackWriter.write(
      to: path, dataset: "nifti", channels: ["flair", "t1"], labels: Self.labels
    ) { pack in
      try pack.add(one, image: image, classes: classes)
      try pack.add(entry("0", split: nil), image: image, classes: classes)
    }
    return (image, classes)
  }

  @Test(arguments: [Float(1), 0.37])
  func `a pack gives back what was put into it`(_ scale: Float) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("p.h5").path
    let (image, classes) = try write(path, scale: scale)
    let pack = try Pack(path)
    #expect(pack.channels == ["flair", "t1"] && pack.dataset == "nifti")
    #expect(pack.labels == Self.labels)
    #expect(pack.cases == [entry("0", split: nil), entry("a b", split: "train")])
    #expect(pack.cases(in: "train").map(\.id) == ["a b"])
    let read = try pack.image("a b")
    #expect(read.voxels == image.voxels && read.geometry == image.geometry)
    #expect(read.source.geometry == entry("", split: nil).sourceGeometry)
    #expect(try pack.classes("0").values == classes.map(Int32.init))
    #expect(try pack.slice("0", 1).values[12..<24] == image.voxels.values[36..<48])
    #expect(try pack.classSlice("a b", 1) == Array(classes[12..<24]))
    #expect(try pack.digest() == Digest.sha256(ofFile: path))
    let layout = try HDF5File(reading: path).layout(of: "cases/0/image")
    #expect(layout.chunk == [1, 1, 3, 4])
    #expect(layout.kind == (scale == 1 ? .signed : .real))
    #expect(throws: ExemplarError.self) { try pack.image("none") }
  }

  @Test func `equal packing gives equal bytes`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let paths = ["p.h5", "q.h5"].map { folder.appendingPathComponent($0).path }
    for path in paths { _ = try write(path, scale: 0.1) }
    #expect(try Digest.sha256(ofFile: paths[0]) == Digest.sha256(ofFile: paths[1]))
  }

  @Test func `a file that is no pack, or one of another version, is refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("p.h5").path
    try HDF5File.write(to: path) { try $0.write([Float(1)], as: "x", shape: [1]) }
    #expect(throws: ExemplarError.pack(path: path, reason: "it has no /format and /cases")) {
      try Pack(path)
    }
    try HDF5File.write(to: path) { file in
      try file.write([Int32(9)], as: "format", shape: [])
      try file.createGroup("cases")
    }
    #expect(throws: ExemplarError.self) { try Pack(path) }
    #expect(throws: HDF5Error.self) { try Pack(path + ".none") }
  }

  @Test func `h5py reads a pack`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("p.h5").path
    _ = try write(path, scale: 0.37)
    let script = """
      import h5py, numpy, sys
      f = h5py.File(sys.argv[1], 'r')
      c = f['cases/a b']
      assert f['format'][()] == 1 and list(f['format'].attrs['channels']) == ['flair', 't1']
      assert [n.decode() for n in f['labels'][()]] == ['tumour', 'Ödem']
      assert list(f['labels'].attrs['source_values']) == [1, 3, 2]
      assert c['image'].shape == (2, 2, 3, 4) and c['image'].dtype == 'float32'
      assert numpy.array_equal(c['image'][()].ravel(), numpy.float32(0.37) * (numpy.arange(48, dtype='float32') - 20))
      assert numpy.array_equal(c['label'][()].ravel(), numpy.arange(24) % 3) and c['label'].dtype == 'uint8'
      assert c.attrs['split'] == 'train' and c.attrs['affine'].shape == (4, 4)
      assert list(c.attrs['spacing']) == [0.5, 1, 2.5] and list(c.attrs['window']) == [-125, 275]
      """
    guard run("import h5py", "") == 0 else {
      print("skipped: there is no python3 with h5py")
      return
    }
    #expect(run(script, path) == 0)
  }

  private func run(_ script: String, _ argument: String) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, argument]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["PYTHONIOENCODING": "utf-8"]) { $1 }
    do { try process.run() } catch { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
