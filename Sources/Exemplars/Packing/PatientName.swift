/// Whose scan it is, read off the name of a case.
enum PatientName {
  /// The part of a case's name that stands for the patient; nil where the name does not tell it from the scan.
  ///
  /// Understood are names that say so by a word: BIDS (`sub-01_ses-2`), a patient with a number (`patient001_frame12`,
  /// `brats_2013_pat0003_1`), a visit at the end (`A12_visit2`, `A12_timepoint-1`), and those of BraTS: `Brats18_…_1`
  /// to 2019, and `BraTS-GLI-00002-001` from 2023 on, whose last number counts the scans of a patient.
  static func found(in id: String) -> String? {
    let name = id.lowercased()
    if let match = name.prefixMatch(of: /sub-[a-z0-9]+/) { return "\(match.output)" }
    if let match = name.prefixMatch(of: /brats-[a-z]+-\d+(?=-\d+$)/) { return "\(match.output)" }
    if let match = name.prefixMatch(of: /brats1\d_.+(?=_\d+$)/) { return "\(match.output)" }
    if let match = name.firstMatch(of: /^(?:.*[_\-])?(?:patient|subject|pat)(?:id)?[_\-]?\d+/) {
      return "\(match.output)"
    }
    let visit =
      /^(.+)[_\-](?:ses|session|visit|timepoint|tp|frame|scan|time)[_\-]?\d+$|^(.+)[_\-](?:baseline|follow-?up\d*)$/
    guard let match = name.wholeMatch(of: visit) else { return nil }
    return (match.output.1 ?? match.output.2).map(String.init)
  }
}
