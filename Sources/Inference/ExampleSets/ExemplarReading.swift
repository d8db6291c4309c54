public import Exemplars
import Tensors
import Volumes

extension ExampleSlice {
  /// The slices of a pack's cases as exemplars, case by case, every one embedded once.
  ///
  /// Of each case every `step`-th slice is taken, counted from the middle one, so that of a volume its middle is
  /// always seen. Embeddings are rounded to half precision, as the task's file keeps them. `progress` hears
  /// after each case how many are done, and may throw to stop.
  /// - Throws: `ExampleSetError.noExemplars` where the cases have no label.
  public static func exemplars(
    in pack: Pack, cases: [PackedCase], every step: Int = 1, preparation: ImagePreparation,
    network: ExampleSetNetwork, progress: (Int) throws -> Void = { _ in }
  ) throws -> [ExampleSlice] {
    guard (1...3).contains(pack.channels.count) else {
      throw InferenceError.channels(case: pack.path, found: pack.channels.count)
    }
    var exemplars: [ExampleSlice] = []
    for (done, entry) in cases.enumerated() {
      exemplars += try slices(
        of: entry, in: pack, every: step, preparation: preparation, network: network)
      try progress(done + 1)
    }
    guard exemplars.contains(where: \.isLabelled) else {
      throw ExampleSetError.noExemplars(
        pack: pack.path, reason: "none of the slices taken has a label")
    }
    return exemplars
  }

  private static func slices(
    of entry: PackedCase, in pack: Pack, every step: Int, preparation: ImagePreparation,
    network: ExampleSetNetwork
  ) throws -> [ExampleSlice] {
    let image = try pack.image(entry.id)
    let volume = Volume(
      voxels: try preparation.normalised(image.voxels, case: entry.id), geometry: entry.geometry)
    let classes = try pack.classes(entry.id).values
    let cut = preparation.plane.slices(of: entry.geometry)
    let positions = (0..<cut.count).filter { ($0 - cut.count / 2) % step == 0 }
    var slices = [ExampleSlice?](repeating: nil, count: positions.count)
    slices.withUnsafeMutableBufferPointer { slices in
      let slices = slices
      parallel(positions.count) { index in
        let position = positions[index]
        let labels = ByteImage(
          height: cut.height, width: cut.width,
          values: cut.labels(position, of: classes).map { UInt8(clamping: $0) })
        slices[index] = ExampleSlice(
          caseName: entry.id, place: PreparedScan.place(of: position, among: cut.count),
          embedding: network.embedding(of: preparation.input(cut.image(position, of: volume)))
            .rounded(to: .f16),
          classes: preparation.lowResolution(labels: labels, side: 4 * network.grid),
          grid: network.grid, count: pack.labels.classes.count + 1)
      }
    }
    return slices.compactMap { $0 }
  }
}
