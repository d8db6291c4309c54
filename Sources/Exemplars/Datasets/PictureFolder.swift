import Failures
import Foundation

/// Pictures in `images/` and their masks in `masks/` or `labels/`, all PNG, matched by name; a mask's name may end in
/// `_mask`.
struct PictureFolder {
  private let images: Folder
  private let masks: Folder

  init(_ path: String) throws {
    let root = Folder(path: path)
    guard let images = root.folder("images"),
      let masks = root.folder("masks") ?? root.folder("labels")
    else {
      throw ExemplarError.layout(
        path: path, reason: "there are no folders images and masks (or labels)")
    }
    (self.images, self.masks) = (images, masks)
  }

  func listing() throws -> DatasetListing {
    let imageFiles = try images.files(endingIn: [".png"])
    let maskFiles = try masks.files(endingIn: ["_mask.png", ".png"])
    var problems: [any Failure] = []
    for (id, mask) in maskFiles.sorted(by: { $0.key < $1.key }) where imageFiles[id] == nil {
      problems.append(
        ExemplarError.missingPartner(
          id: id, found: "the mask \(mask)", missing: "image in \(images.path)"))
    }
    var cases: [ListedCase] = []
    for (id, image) in imageFiles.sorted(by: { $0.key < $1.key }) {
      guard let mask = maskFiles[id] else {
        problems.append(
          ExemplarError.missingPartner(
            id: id, found: "the image \(image)", missing: "mask in \(masks.path)"))
        continue
      }
      cases.append(ListedCase(id: id, images: [image], label: mask, form: .picture))
    }
    guard !cases.isEmpty || !problems.isEmpty else {
      throw ExemplarError.layout(path: images.path, reason: "there is no .png file")
    }
    return DatasetListing(cases: cases, problems: problems)
  }
}
