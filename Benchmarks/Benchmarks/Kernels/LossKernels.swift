import Autodiff

/// The losses at the logits' size of 1024 and 512 pixels.
func lossKernels() {
  for side in [256, 128] {
    let pixels = side * side
    let labels = (0..<pixels).map { UInt8($0 / 64 % 9) }
    measure("cross entropy and Dice, 9 classes, \(side)x\(side)", [[1, 9, side, side]]) {
      crossEntropyDice($0[0], labels: labels, crossEntropyWeight: 0.2, diceWeight: 0.8).total
    }
    let targets = labels.map { min($0, 1) }
    measure(
      "focal, Dice and IoU, \(side)x\(side)", [[1, 1, side, side], [1, 1]], learning: [0, 1]
    ) {
      focalDiceIoU($0[0], iou: $0[1], targets: targets).total
    }
  }
}
