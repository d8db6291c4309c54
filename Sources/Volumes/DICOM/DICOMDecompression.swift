import Archives
import Foundation
import Tensors

/// Pixels that graft leaves to other programs to decompress: JPEG and its relatives.
///
/// They are run on copies in a folder that is removed afterwards, with a time limit, and what they write is read as any
/// other file is.
struct DICOMDecompression {
  private let stack: DICOMStack
  private let geometry: Geometry
  private let files: [DICOMFile]
  private let folder: URL
  private let deadline: Date

  /// Seconds that a stack may take, and those that each of its files adds.
  private static let limit = (whole: 60.0, file: 5.0)

  /// The values [1, D, H, W] of a stack.
  static func values(
    of stack: DICOMStack, _ geometry: Geometry
  ) throws(VolumeError) -> Tensor {
    var files: [DICOMFile] = []
    for slice in stack.slices
    where slice.file.syntax.pixels == .foreign && files.last !== slice.file {
      files.append(slice.file)
    }
    guard let first = files.first else { return try DICOMStack.values(of: stack.slices, geometry) }
    let programs: [(name: String, run: (Self, String) throws(VolumeError) -> Tensor)] = [
      ("gdcmconv", { job, program throws(VolumeError) in try job.converted(program) }),
      ("dcm2niix", { job, program throws(VolumeError) in try job.assembled(program) }),
    ]
    var failures: [String] = []
    for program in programs {
      guard let path = ChildProgram.path(of: program.name) else { continue }
      do throws(VolumeError) {
        let job = try Self(stack, geometry, files)
        defer { try? FileManager.default.removeItem(at: job.folder) }
        return try program.run(job, path)
      } catch { failures.append(error.description) }
    }
    throw .unsupported(
      path: first.path,
      reason: failures.isEmpty
        ? "its pixels are compressed (\(first.syntax.name)), which graft leaves to gdcmconv or dcm2niix. "
          + "Install one of them (packages libgdcm-tools and dcm2niix), or decompress the files first: "
          + "gdcmconv --raw IN OUT"
        : "its pixels are compressed (\(first.syntax.name)) and could not be decompressed: "
          + String(failures.joined(separator: " ").dropLast()))
  }

  private init(_ stack: DICOMStack, _ geometry: Geometry, _ files: [DICOMFile]) throws(VolumeError)
  {
    self.stack = stack
    self.geometry = geometry
    self.files = files
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("graft-dicom-\(UUID().uuidString)")
    deadline = Date() + Self.limit.whole + Self.limit.file * Double(files.count)
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .archive(
        .storage(path: folder.path, action: "write", reason: error.localizedDescription))
    }
  }

  /// Decompresses every file by `gdcmconv --raw` and reads the results.
  private func converted(_ program: String) throws(VolumeError) -> Tensor {
    let targets = files.indices.map { folder.appendingPathComponent("\($0).dcm").path }
    try ChildProgram.run(
      program, zip(files, targets).map { ["--raw", $0.path, $1] }, until: deadline)
    var slices: [String: [DICOMSlice]] = [:]
    for (file, target) in zip(files, targets) {
      let plain = try DICOMFile(target)
      let image = try DICOMImage(plain)
      guard plain.syntax.pixels != .foreign else {
        throw .malformed(path: file.path, reason: "gdcmconv left the pixels compressed")
      }
      slices[file.path] = try plain.slices(image)
    }
    let first = stack.slices[0].image
    var plain: [DICOMSlice] = []
    for slice in stack.slices {
      guard let frames = slices[slice.file.path] else {
        plain.append(slice)
        continue
      }
      guard frames.indices.contains(slice.frame), frames[slice.frame].image.rows == first.rows,
        frames[slice.frame].image.columns == first.columns
      else {
        throw .malformed(
          path: slice.file.path, reason: "the decompressed file has pictures of another size")
      }
      plain.append(frames[slice.frame])
    }
    return try DICOMStack.values(of: plain, geometry)
  }

  /// Has `dcm2niix` make one image of all files; it must lie where the files' own positions say.
  private func assembled(_ program: String) throws(VolumeError) -> Tensor {
    let (input, output) = (
      folder.appendingPathComponent("in"), folder.appendingPathComponent("out")
    )
    do {
      for place in [input, output] {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
      }
      for (at, file) in stack.files.enumerated() {
        try FileManager.default.copyItem(
          at: URL(fileURLWithPath: file).resolvingSymlinksInPath(),
          to: input.appendingPathComponent("\(at).dcm"))
      }
    } catch {
      throw .archive(
        .storage(path: folder.path, action: "write", reason: error.localizedDescription))
    }
    try ChildProgram.run(
      program, [["-b", "n", "-z", "n", "-f", "image", "-o", output.path, input.path]],
      until: deadline)
    let image = output.appendingPathComponent("image.nii").path
    guard FileManager.default.fileExists(atPath: image) else {
      throw .malformed(path: stack.path, reason: "dcm2niix made no image of the files")
    }
    let volume = try Volume.read(image)
    if volume.geometry.canonical.difference(from: geometry.canonical) != nil || volume.channels != 1
    {
      throw .unsupported(
        path: stack.path,
        reason: "the image dcm2niix makes of the files does not lie where their positions say; "
          + "decompress them with gdcmconv --raw")
    }
    return volume.arranged(as: geometry).voxels
  }
}

/// Another program, found where the environment's PATH says.
enum ChildProgram {
  /// The path of a program; nil where it is not installed.
  static func path(of name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
  }

  /// Runs a program once for each list of arguments, a few at a time; all must end well and in time.
  ///
  /// What it prints is thrown away, as it may name the patient.
  static func run(
    _ program: String, _ jobs: [[String]], until deadline: Date
  ) throws(VolumeError) {
    var running: [Process] = []
    defer {
      for process in running where process.isRunning {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
    }
    let most = max(1, ProcessInfo.processInfo.activeProcessorCount)
    var next = 0
    while next < jobs.count || !running.isEmpty {
      while next < jobs.count, running.count < most {
        running.append(try start(program, jobs[next]))
        next += 1
      }
      guard Date() < deadline else {
        throw .unsupported(path: program, reason: "it took too long and was ended")
      }
      let ended = running.filter { !$0.isRunning }
      for process in ended {
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
          throw .unsupported(
            path: program, reason: "it ended with status \(process.terminationStatus)")
        }
      }
      running.removeAll { process in ended.contains { $0 === process } }
      usleep(2000)
    }
  }

  private static func start(_ program: String, _ arguments: [String]) throws(VolumeError) -> Process
  {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch {
      throw .unsupported(path: program, reason: "it cannot be run: \(error.localizedDescription)")
    }
    return process
  }
}
