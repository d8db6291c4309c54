import Exemplars
import Foundation
import TestKit
import Tensors
import Testing
import Volumes

/// Registration brings exemplars together, and morphs are only made of those it does.
struct RegistrationTests {
  /// The sample with its structures shifted, turned and resized a little.
  private func other(_ sample: SynthesisSample) -> SynthesisSample {
    var other = sample
    other.ellipses = [
      ([0.5, 0.46, 0.33], [0.25, 0.15, 0.08], 1), ([0.45, 0.62, 0.6], [0.3, 0.08, 0.15], 2),
    ]
    return other
  }

  @Test(arguments: [SynthesisSample(), SynthesisSample.space])
  func `structures of another shape and place come together`(sample: SynthesisSample) throws {
    let pair = try #require(
      Registrations().pair(sample.image, named: "a", with: other(sample).image, named: "b"))
    let found = pair.registered
    #expect(found.overlap.after > found.overlap.before + 0.05)
    #expect(found.overlap.after > (sample.image.lattice.isFlat ? 0.9 : 0.84))
    #expect(found.correlation > 0.9)
    let whole = found.velocity.resized(to: sample.image.lattice)
    #expect(whole.flow(0.5).smallestJacobian > 0)
    #expect(whole.flow(-0.5).smallestJacobian > 0)
  }

  @Test func `a morph is between the two, and its label is the exemplar's own`() throws {
    let (one, other) = (SynthesisSample().image, other(SynthesisSample()).image)
    let synthesis = Synthesis(kinds: [.morph])
    let registrations = Registrations()
    for index in 0..<4 {
      let made = synthesis(one, seed: 5, name: "a", index: index, partners: 1) { _ in
        registrations.pair(one, named: "a", with: other, named: "b")
      }
      #expect(made.kinds == [.morph])
      #expect(made.partner == 0)
      #expect(made.image.label != one.label)
      #expect(Set(made.image.label) == [0, 1, 2])
    }
  }

  @Test func `exemplars that stay unlike are not morphed, which is counted`() throws {
    let one = SynthesisSample().image
    var noise = one
    var random = Random(seed: 3)
    noise.image = Tensor(
      one.image.shape, (0..<one.image.count).map { _ in random.uniform(0, 1000) })
    let registrations = Registrations()
    for kinds in [[.morph], [.deform, .morph]] as [[Synthesis.Kind]] {
      let made = Synthesis(kinds: kinds)(
        one, seed: 5, name: "a", index: 1, partners: 1
      ) { _ in registrations.pair(one, named: "a", with: noise, named: "b") }
      #expect(made.refusals[.unlike] == 1)
      #expect(made.missed == .morph)
      #expect(made.partner == nil)
      #expect(made.kinds == (kinds.contains(.deform) ? [.deform] : []))
    }
  }

  @Test func `without a label on both sides there is nothing to align by`() {
    let one = SynthesisSample().image
    var empty = one
    empty.label = empty.label.map { _ in 0 }
    #expect(Registrations().pair(one, named: "a", with: empty, named: "b") == nil)
    #expect(
      Registrations().pair(one, named: "a", with: SynthesisSample.space.image, named: "c") == nil)
    let made = Synthesis(kinds: [.morph])(
      empty, seed: 1, name: "b", index: 0, partners: 1
    ) { _ in nil }
    #expect(made.refusals == [.empty: 1] && made.missed == .morph && made.kinds.isEmpty)
  }

  @Test func `a volume of two slices of many pixels stays a volume`() throws {
    var (sample, other) = (
      SynthesisSample(extents: [2, 150, 140]), other(SynthesisSample(extents: [2, 150, 140]))
    )
    for index in 0..<2 {
      sample.ellipses[index].axes[0] = 3
      other.ellipses[index].axes[0] = 3
    }
    let pair = try #require(
      Registrations().pair(sample.image, named: "a", with: other.image, named: "b"))
    let velocity = pair.registered.velocity
    #expect(velocity.lattice.extents == [2, 64, 60])
    #expect(velocity.resized(to: sample.image.lattice).flow().smallestJacobian > 0)
    #expect(pair.registered.overlap.after > pair.registered.overlap.before)
  }

  @Test func `hippocampi of two patients agree better after registration than before`() throws {
    guard let folder = SharedData.folder("msd-hippocampus") else { return }
    func exemplar(_ name: String) throws -> AnnotatedImage {
      let image = try Volume.read("\(folder)/images/\(name).nii.gz").canonical
      let label = try LabelVolume.read("\(folder)/labels/\(name).nii.gz").canonical
      return AnnotatedImage(image, classes: label.values.map { UInt8($0) })
    }
    let (one, other) = (try exemplar("hippocampus_001"), try exemplar("hippocampus_011"))
    let pair = try #require(Registrations().pair(one, named: "1", with: other, named: "2"))
    let flow = pair.registered.velocity.resized(to: one.lattice).flow()
    #expect(flow.smallestJacobian > 0)
    func dice(_ label: [UInt8], _ value: UInt8) -> Double {
      let both = zip(label, pair.partner.label).count { $0 == value && $1 == value }
      let (a, b) = (label.count { $0 == value }, pair.partner.label.count { $0 == value })
      return 2 * Double(both) / Double(a + b)
    }
    for value in [1, 2] as [UInt8] {
      #expect(dice(one.label, value) < 0.65)
      #expect(dice(flow(one.label), value) > 0.8)
    }
  }
}
