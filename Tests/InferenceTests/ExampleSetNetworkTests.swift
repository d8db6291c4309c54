import Adaptation
import Autodiff
import Checkpoints
import Foundation
import Inference
import Layers
import TestKit
import Tensors
import Testing

/// The network of exemplars against its re-statement in PyTorch, and what its design promises.
struct ExampleSetNetworkTests {
  private let golden: GoldenFile
  private let network: ExampleSetNetwork

  init() throws {
    golden = try Goldens.hdf5("example-sets/example_sets.h5")
    let base = try Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))
    network = try ExampleSetNetwork(
      base: base, plan: ExampleSetNetwork.plan(rank: 2), token: nil, using: Random(seed: 1))
    for parameter in network.learned {
      guard golden.contains("parameters/\(parameter.name)") else { continue }
      parameter.value = try golden.floats("parameters/\(parameter.name)")
    }
  }

  private func slice(_ group: String, classes: [UInt8]) throws -> ExampleSlice {
    ExampleSlice(
      caseName: group, place: try golden.floats("\(group)place")[flat: 0],
      embedding: try golden.floats(group.isEmpty ? "query" : "\(group)embedding"),
      classes: classes, grid: 8, count: 4)
  }

  private func exemplars() throws -> [ExampleSlice] {
    try (0..<3).map {
      try slice("exemplars/\($0)/", classes: golden.bytes("exemplars/\($0)/classes"))
    }
  }

  private var settings: ExampleSetSettings {
    var settings = ExampleSetSettings()
    (settings.sharpness, settings.nearness, settings.depth, settings.decoder) = (0.5, 0.25, 0.5, 2)
    return settings
  }

  @Test func `logits and gradients are PyTorch's`() throws {
    for parameter in network.learned { parameter.learns = true }
    let query = try slice("", classes: [UInt8](repeating: 0, count: 1024))
    let logits = network.logits(of: query, exemplars: try exemplars(), settings: settings)
    let expected = try golden.floats("logits")
    let error = zip(logits.value.values, expected.values).map { abs($0 - $1) }.max() ?? 1
    #expect(error < 2e-3, "logits up to 30 in size differ by \(error)")
    let gradients = Gradients(
      of: logits, cotangent: try golden.floats("cotangent").reshaped(logits.shape))
    for parameter in network.learned where golden.contains("gradients/\(parameter.name)") {
      let found = try #require(gradients[parameter.variable], "\(parameter.name)")
      let wanted = try golden.floats("gradients/\(parameter.name)")
      let difference = found.adding(wanted.scaled(by: -1)).sumOfSquares.squareRoot()
      let size = wanted.sumOfSquares.squareRoot()
      #expect(difference < 2e-3 * size + 2e-3, "\(parameter.name): \(difference) of \(size)")
    }
  }

  @Test func `a picture that is its own exemplar gets its own classes back`() throws {
    let exemplar = try exemplars()[0]
    var sharp = ExampleSetSettings()
    (sharp.sharpness, sharp.decoder) = (40, 0)
    let logits = network.logits(of: exemplar, exemplars: [exemplar], settings: sharp).value
    #expect(LeaveOneOut.dice(of: logits, exemplar.classes) == 1)
  }

  @Test func `the order of exemplars changes nothing but rounding`() throws {
    let query = try slice("", classes: [UInt8](repeating: 0, count: 1024))
    let all = try exemplars()
    let one = network.logits(of: query, exemplars: all, settings: settings).value.values
    let turned = network.logits(of: query, exemplars: all.reversed(), settings: settings)
    let other = turned.value.values
    #expect(zip(one, other).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  @Test func `with fewer to look at, the most similar exemplars are taken`() throws {
    let all = try exemplars()
    var single = settings
    single.count = 1
    let picked = network.logits(of: all[1], exemplars: all, settings: single).value
    let alone = network.logits(of: all[1], exemplars: [all[1]], settings: settings).value
    #expect(picked == alone)
  }

  @Test func `a class that no exemplar in sight shows is nowhere`() throws {
    let query = try slice("", classes: [UInt8](repeating: 0, count: 1024))
    let logits = network.logits(of: query, exemplars: [try exemplars()[1]], settings: settings)
    let found = VolumePrediction.highest(logits.value.reshaped([4, 32, 32]))
    #expect(Set(found).isSubset(of: [0, 1]))
  }
}
