extension Checkpoint {
  /// The same tensors under the official Segment Anything names, where they have Hugging Face's.
  public func withOfficialNames() throws(CheckpointError) -> Checkpoint {
    guard HuggingFaceNames.recognises(names) else { return self }
    let table = HuggingFaceNames(names)
    let inside = HuggingFaceNames.positionMatrix
    // A file that keeps only the shared copy of the position matrix gives that one.
    let keepsShared = !contains(inside)
    return try renamed { name in
      if keepsShared && name == HuggingFaceNames.sharedCopy { return table.official(inside) }
      return table.official(name)
    }
  }

  /// The same tensors under Hugging Face's names, the position matrix twice, as `SamModel` keeps it.
  public func withHuggingFaceNames() throws(CheckpointError) -> Checkpoint {
    if HuggingFaceNames.recognises(names) { return self }
    let table = HuggingFaceNames(names)
    let renamed = try renamed { table.huggingFace($0) }
    guard renamed.contains(HuggingFaceNames.positionMatrix) else { return renamed }
    let matrix = try renamed.tensor(HuggingFaceNames.positionMatrix)
    return renamed.replacing([(HuggingFaceNames.sharedCopy, matrix)])
  }

  /// The same tensors under this project's adapter names, where they have SAMed's.
  public func withAdapterNames() throws(CheckpointError) -> Checkpoint {
    guard SAMedNames.recognises(names) else { return self }
    return try renamed { SAMedNames.adapter($0) }
  }
}
