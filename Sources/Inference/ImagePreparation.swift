import SegmentAnything
public import Tensors
public import Volumes

/// How a volume becomes what the model sees, and how the model's answers go back; an adapter keeps it.
public struct ImagePreparation: Codable, Equatable, Sendable {
  /// How a slice is brought to the model's square.
  public enum Resize: String, Codable, Sendable {
    /// The longer side to the square's, the shorter in proportion, zeros below and at the right: SAM's way.
    case longestSide = "longest-side"
    /// Both sides to the square's by a cubic spline: SAMed's way.
    case square
  }

  /// The side of the model's image in pixels.
  public var size: Int
  /// How a slice is brought to it.
  public var resize: Resize
  /// The side of a square that slices go through on their way to the model's, by cubic splines; nil for the straight way.
  ///
  /// TransUNet's and SAMed's protocol takes slices of 512 pixels to 224 and from there to the model's size, so that
  /// every slice has the detail of 224 pixels. It goes with `square`.
  public var detour: Int?
  /// How a volume's intensities are brought to the model's range.
  public var normalise: Normalise
  /// Which way a volume is cut into slices.
  public var plane: Plane

  /// A preparation of the given parts.
  public init(
    size: Int, resize: Resize, detour: Int? = nil, normalise: Normalise, plane: Plane
  ) {
    self.size = size
    self.resize = resize
    self.detour = detour
    self.normalise = normalise
    self.plane = plane
  }

  /// The volume's voxels [C, D, H, W] in the model's range; `name` is the case errors speak of.
  public func normalised(_ voxels: Tensor, case name: String) throws(IntensityError) -> Tensor {
    try normalise.volumeRule(voxels, case: name)
  }

  /// The model's input [3, size, size] from a slice [C, h, w] of a normalised volume.
  public func input(_ slice: Tensor) -> Tensor {
    let coloured = threeChannels(through(slice))
    let fitted = fit(height: slice.shape[1], width: slice.shape[2])
    var resized = coloured
    if coloured.shape[1] != fitted.height || coloured.shape[2] != fitted.width {
      resized =
        resize == .square
        ? coloured.zoomed(to: fitted)
        : coloured.resized(height: fitted.height, width: fitted.width, antialias: true)
    }
    return padded(normalise.inSAMSpace ? colourNormalised(resized) : resized)
  }

  /// The slice [C, h, w] at the size of the detour; a slice of that size, or any slice without a detour, stays as it is.
  private func through(_ slice: Tensor) -> Tensor {
    guard let detour, slice.shape[1] != detour || slice.shape[2] != detour else { return slice }
    return slice.zoomed(to: PlaneSize(height: detour, width: detour))
  }

  /// The labels at the decoder's resolution [low, low] of a slice's labels [h, w], the padding being background.
  ///
  /// Nearest-neighbour zooms, as SAMed's: to the detour, where there is one, to the model's square, then to the logits'
  /// size.
  public func lowResolution(labels: ByteImage, side low: Int) -> [UInt8] {
    let fitted = fit(height: labels.height, width: labels.width)
    var zoom = PixelMap.zoom(
      from: PlaneSize(height: labels.height, width: labels.width), to: fitted)
    if let detour {
      let between = PlaneSize(height: detour, width: detour)
      zoom = PixelMap.zoom(from: zoom.source, to: between)
        .followed(by: PixelMap.zoom(from: between, to: fitted))
    }
    let zoomed = zoom(labels)
    var square = [UInt8](repeating: 0, count: size * size)
    for row in 0..<fitted.height {
      for column in 0..<fitted.width {
        square[row * size + column] = zoomed.values[row * fitted.width + column]
      }
    }
    let whole = PlaneSize(height: size, width: size)
    let image = ByteImage(height: size, width: size, values: square)
    return PixelMap.zoom(from: whole, to: PlaneSize(height: low, width: low))(image).values
  }

  /// The logits [K, h, w] on the slice's own pixels from the decoder's [K, 4g, 4g].
  ///
  /// Bilinear to the square, cut to the part the slice fills, bilinear to the slice; the argmax comes after it.
  public func restored(_ logits: Tensor, height: Int, width: Int) -> Tensor {
    let fitted = fit(height: height, width: width)
    let square = logits.resized(height: size, width: size)
    let cut = square.sliced(axis: 1, 0..<fitted.height).sliced(axis: 2, 0..<fitted.width)
    return fitted.height == height && fitted.width == width
      ? cut : cut.resized(height: height, width: width)
  }

  /// The size a slice has inside the square.
  public func fit(height: Int, width: Int) -> PlaneSize {
    resize == .square
      ? PlaneSize(height: size, width: size)
      : ByteImage.longestSide(size, of: PlaneSize(height: height, width: width))
  }

  /// How places in a slice become places in the square.
  func way(height: Int, width: Int) -> Preprocessing {
    let fitted = fit(height: height, width: width)
    return Preprocessing(
      size: size, height: height, width: width, resizedHeight: fitted.height,
      resizedWidth: fitted.width)
  }

  /// One channel is repeated; two become the first, the second and their mean; three stay.
  private func threeChannels(_ slice: Tensor) -> Tensor {
    precondition(
      slice.shape.count == 3 && (1...3).contains(slice.shape[0]),
      "ImagePreparation: a slice of shape \(slice.shape) does not have one to three channels")
    switch slice.shape[0] {
    case 1: return Tensor.concatenated([slice, slice, slice], axis: 0)
    case 2:
      let first = slice.sliced(axis: 0, 0..<1)
      let second = slice.sliced(axis: 0, 1..<2)
      return Tensor.concatenated([slice, first.adding(second).scaled(by: 0.5)], axis: 0)
    default: return slice
    }
  }

  private func colourNormalised(_ image: Tensor) -> Tensor {
    let pixels = image.shape[1] * image.shape[2]
    let unit: Float = normalise.scaledTo255 ? 255 : 1
    return Tensor(unfilled: image.shape) { to in
      image.withPointer { from in
        for channel in 0..<3 {
          let (mean, deviation) = (
            Normalisation.samMean[channel], Normalisation.samDeviation[channel]
          )
          for at in channel * pixels..<(channel + 1) * pixels {
            to[at] = (from[at] * unit - mean) / deviation
          }
        }
      }
    }
  }

  private func padded(_ image: Tensor) -> Tensor {
    let (height, width) = (image.shape[1], image.shape[2])
    if height == size, width == size { return image }
    return Tensor(unfilled: [3, size, size]) { to in
      to.update(repeating: 0, count: 3 * size * size)
      image.withPointer { from in
        for line in 0..<3 * height {
          (to + (line / height * size + line % height) * size).update(
            from: from + line * width, count: width)
        }
      }
    }
  }
}
