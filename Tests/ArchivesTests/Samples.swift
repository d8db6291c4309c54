/// Small files made by NumPy, and PNG files put together by hand, in base 64.
enum Samples {
  /// 0...5 as big-endian int32 [2, 3], npy version 2.
  static let bigEndianNPY =
    "k05VTVBZAgB0AAAAeydkZXNjcic6ICc+aTQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUn"
    + "OiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
    + "ICAgICAgIAoAAAAAAAAAAQAAAAIAAAADAAAABAAAAAU="

  /// 0...23 as float16 [2, 3, 4] in Fortran order, npy version 2.
  static let fortranNPY =
    "k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjInLCAnZm9ydHJhbl9vcmRlcic6IFRydWUsICdzaGFwZSc6"
    + "ICgyLCAzLCA0KSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
    + "ICAgICAgIAoAAABKAEQATABIAE0APIBKAEVATIBIQE0AQABLAEaATABJgE0AQoBLAEfATIBJwE0="

  /// 5x6 gray pixels of value 10 y + x, interlaced.
  static let interlacedPNG =
    "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAGCAAAAAFZlzsBAAAAMklEQVR42mNgYGBh0NBhYGLQYhARk2Bg"
    + "ZGYQFWfQ1Gbg4ubh5WOQk1dQVGIwMjYxNQMAMHEDK2rccaoAAAAASUVORK5CYII="

  /// 5x2 pixels of two bits with black, red, green and blue.
  static let palettePNG =
    "iVBORw0KGgoAAAANSUhEUgAAAAUAAAACAgMAAADtBP7OAAAADFBMVEUAAAD/AAAA/wAAAP+bwBPcAAAA"
    + "DklEQVR42mOQZmB4cgAAAxUBwE2FFm4AAAAASUVORK5CYII="

  /// 0 1 2 3 0 as gray of two bits.
  static let grayPNG =
    "iVBORw0KGgoAAAANSUhEUgAAAAUAAAABAgAAAAB5JSOOAAAAC0lEQVR42mOQZgAAADkAHP1IYGsAAAAA"
    + "SUVORK5CYII="

  /// 4x5 RGB pixels, a different filter in every row.
  static let filteredPNG =
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAFCAIAAADtz9qMAAAAO0lEQVR42mNgYOVS1dL38g/JL6lktHVy"
    + "N4IBJltbWy8vr/Dw8JSUFOaq2npvb+9Ll4IiIiJY4DKRkZEAC7USKRC0bHEAAAAASUVORK5CYII="
}
