import Foundation
import TestKit
import Testing

/// What becomes of files when the disk is full while they are written.
struct FullDiskTests {
  /// A small file system in memory, or nil, with a printed reason, where none can be mounted.
  private struct Disk {
    let path: String

    init?(at path: String, kilobytes: Int) throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      self.path = path
      guard try run("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path) == 0 else {
        print("skipped: no file system of a limited size can be mounted here")
        return nil
      }
    }

    /// Leaves some kilobytes free.
    func fill(leaving kilobytes: Int = 0) throws {
      let attributes = try FileManager.default.attributesOfFileSystem(forPath: path)
      let free = (attributes[.systemFreeSize] as? NSNumber)?.intValue ?? 0
      try Data(count: max(0, free - kilobytes * 1024))
        .write(to: URL(fileURLWithPath: path + "/filler"))
    }

    func unmount() { _ = try? run("umount", path) }

    private func run(_ command: String...) throws -> Int32 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = command
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus
    }
  }

  @Test func `every command says so, leaves no part of a file, and keeps the old ones`() throws {
    let data = try TrialData()
    defer { data.remove() }
    #expect(try ToolRun.graft(data.predict(to: "masks"), in: data.folder).status == 0)
    guard let disk = try Disk(at: data.path("disk"), kilobytes: 512) else { return }
    defer { disk.unmount() }
    for (old, new) in [("p.h5", "p.h5"), ("run/adapter.safetensors", "w.safetensors")] {
      try FileManager.default.copyItem(atPath: data.path(old), toPath: data.path("disk/\(new)"))
    }
    try disk.fill()
    let (weights, adapter) = (TrialData.weights, "run/adapter.safetensors")
    try """
    out: disk/new.safetensors
    model: {image: 32, patch: 8, width: 16, depth: 2, heads: 2, window: 2, global: [1], neck: 32, mlp: 16}
    batch: 2
    steps: 1
    validation: {tasks: 1}
    """.write(toFile: data.path("pretrain.yaml"), atomically: true, encoding: .utf8)
    let commands: [([String], String)] = [
      (data.pack(to: "disk/p.h5"), "disk/p.h5"),
      (data.tune(to: "disk/run"), "disk/run/snapshot/step-0.safetensors"),
      (data.predict(to: "disk/masks"), "disk/masks/a.nii.gz"),
      (
        ["evaluate", "--prediction", "masks", "--reference", "scans/labels", "--out", "disk/e"],
        "disk/e/cases.json"
      ),
      (["report", "run", "--out", "disk/r.html"], "disk/r.html"),
      (["convert", weights, "disk/w.safetensors", "--to", "official"], "disk/w.safetensors"),
      (["convert", adapter, "disk/peft", "--to", "peft", "--weights", weights], "disk/peft"),
      (["pretrain", "pretrain.yaml"], "disk/new.safetensors."),
    ]
    let before = try data.files().filter { !$0.value.isEmpty }
    for (arguments, file) in commands {
      let run = try ToolRun.graft(arguments, in: data.folder)
      #expect(run.status == 4, "\(arguments): \(run.error)")
      #expect(run.error.contains(file) && run.error.contains("the disk is full"), "\(run.error)")
      #expect(try data.files().filter { !$0.value.isEmpty } == before, "\(arguments)")
    }
  }

  @Test(arguments: [4, 8, 12, 16, 20])
  func `a pack that meets the end of the disk half way`(kilobytes: Int) throws {
    let data = try TrialData(adapter: false)
    defer { data.remove() }
    guard let disk = try Disk(at: data.path("disk"), kilobytes: kilobytes) else { return }
    defer { disk.unmount() }
    let run = try ToolRun.graft(data.pack(to: "disk/p.h5"), in: data.folder)
    let files = try FileManager.default.contentsOfDirectory(atPath: disk.path)
    #expect(run.status == 4 ? files.isEmpty : run.status == 0 && files == ["p.h5"])
  }

  @Test func `a run goes on after room was made, and ends in the same bits`() throws {
    let data = try TrialData()
    defer { data.remove() }
    guard let disk = try Disk(at: data.path("disk"), kilobytes: 1024) else { return }
    defer { disk.unmount() }
    try disk.fill(leaving: 96)
    let stopped = try ToolRun.graft(data.tune(to: "disk/run", steps: 40), in: data.folder)
    #expect(stopped.status == 4 && stopped.error.contains("the disk is full"))
    #expect(!FileManager.default.fileExists(atPath: data.path("disk/run/adapter.safetensors")))
    try FileManager.default.removeItem(atPath: data.path("disk/filler"))
    for arguments in [
      data.tune(to: "disk/run", steps: 40) + ["--resume"], data.tune(to: "x", steps: 40),
    ] {
      let run = try ToolRun.graft(arguments, in: data.folder)
      #expect(run.status == 0, "\(run.error)")
    }
    let adapters = try ["disk/run", "x"].map {
      try Data(contentsOf: data.folder.appendingPathComponent("\($0)/adapter.safetensors"))
    }
    #expect(adapters[0] == adapters[1])
  }
}
