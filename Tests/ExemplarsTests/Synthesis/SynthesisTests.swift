import Exemplars
import Tensors
import Testing

/// What every new image promises, whatever its kinds: valid labels, nothing lost, the same bits always.
struct SynthesisTests {
  static let choices: [[Synthesis.Kind]] = [
    [.deform], [.intensity], [.structure], [.deform, .intensity], Synthesis.Kind.allCases,
  ]

  private func made(
    _ sample: SynthesisSample, _ kinds: [Synthesis.Kind], _ index: Int, seed: UInt64 = 7,
    name: String = "c"
  ) -> Synthesised {
    Synthesis(kinds: kinds)(sample.image, seed: seed, name: name, index: index)
  }

  @Test(arguments: choices, [SynthesisSample(), SynthesisSample.space])
  func `labels stay valid and no structure is lost`(
    kinds: [Synthesis.Kind], sample: SynthesisSample
  ) {
    let exemplar = sample.image
    let before = classCounts(exemplar.label)
    for index in 0..<8 {
      let made = made(sample, kinds, index)
      let after = classCounts(made.image.label)
      #expect(Set(after.keys) == Set(before.keys))
      for (label, count) in before where label != 0 {
        #expect(2 * (after[label] ?? 0) >= count && (after[label] ?? 0) <= 2 * count)
      }
      #expect(made.image != exemplar)
      #expect(made.image.image.values.allSatisfy { $0 >= 0 && $0 <= 922 && $0 == $0.rounded() })
      if kinds == [.intensity] { #expect(made.image.label == exemplar.label) }
      if kinds.contains(.intensity) { #expect(made.kinds.last == .intensity) }
    }
  }

  @Test func `an image depends on seed, name and number alone`() {
    let kinds = Synthesis.Kind.allCases
    for sample in [SynthesisSample(), .space] {
      #expect(made(sample, kinds, 3).image == made(sample, kinds, 3).image)
      #expect(made(sample, kinds, 3).image != made(sample, kinds, 4).image)
      #expect(made(sample, kinds, 3).image != made(sample, kinds, 3, seed: 8).image)
      #expect(made(sample, kinds, 3).image != made(sample, kinds, 3, name: "d").image)
    }
  }

  @Test func `the label alone is the label of the image`() {
    let exemplar = SynthesisSample().image
    let synthesis = Synthesis(kinds: Synthesis.Kind.allCases)
    for index in 0..<4 {
      let label = synthesis(
        exemplar, seed: 1, name: "c", index: index, partners: 0, labelOnly: true
      ) { _ in nil }
      let whole = synthesis(exemplar, seed: 1, name: "c", index: index)
      #expect(label.image.label == whole.image.label)
      #expect(!label.kinds.contains(.intensity) && whole.kinds.contains(.intensity))
    }
  }

  @Test func `kinds that change shapes take turns, and morphs fall away without a partner`() {
    let sample = SynthesisSample()
    let kinds = (0..<4).map { made(sample, Synthesis.Kind.allCases, $0).kinds }
    #expect(
      kinds == [
        [.deform, .intensity], [.structure, .deform, .intensity], [.deform, .intensity],
        [.structure, .deform, .intensity],
      ])
    #expect(Synthesis(kinds: [.morph, .intensity]).kinds(exemplars: 1) == [.intensity])
    #expect(Synthesis(kinds: [.intensity, .deform, .intensity]).kinds == [.deform, .intensity])
    #expect(made(sample, [.morph], 0).image == sample.image)
  }

  @Test func `an image without a label is deformed, and has no structure to move`() {
    var sample = SynthesisSample()
    sample.ellipses = []
    #expect(made(sample, [.deform], 0).kinds == [.deform])
    let still = made(sample, [.structure], 0)
    #expect(still.refusals == [.empty: 1] && still.missed == .structure)
    #expect(still.image == sample.image)
  }

  @Test func `structures that have no place are drawn again ten times, then deformed`() {
    var synthesis = Synthesis(kinds: [.deform, .structure])
    synthesis.structure.shift = 100
    let made = synthesis(SynthesisSample().image, seed: 1, name: "c", index: 1)
    #expect(made.refusals == [.noPlace: 10])
    #expect(made.missed == .structure && made.kinds == [.deform])
  }

  @Test func `a structure at the border is not moved`() {
    var sample = SynthesisSample()
    sample.ellipses = [([0.5, 0.5, 0.02], [0.3, 0.2, 0.2], 1)]
    sample.extents = [1, 48, 48]
    let exemplar = AnnotatedImage(
      image: Tensor([1, 1, 48, 48], repeating: 5),
      label: (0..<48 * 48).map { $0 % 48 < 6 && (10..<30).contains($0 / 48) ? 1 : 0 },
      lattice: Lattice(extents: sample.extents, spacing: [1, 1, 1]))
    let made = Synthesis(kinds: [.structure])(exemplar, seed: 1, name: "c", index: 0)
    #expect(made.refusals == [.empty: 1])
  }

  @Test func `a part inside another moves within it, and its place becomes the other's`() {
    var sample = SynthesisSample()
    sample.ellipses = [
      ([0.5, 0.5, 0.5], [0.3, 0.32, 0.32], 1), ([0.5, 0.45, 0.45], [0.1, 0.1, 0.1], 2),
    ]
    let exemplar = sample.image
    var moved = 0
    for index in 0..<10 {
      let made = made(sample, [.structure], index)
      guard made.kinds == [.structure] else { continue }
      let union = made.image.label.map { $0 == 0 ? 0 : 1 }
      if union == exemplar.label.map({ $0 == 0 ? 0 : 1 }) { moved += 1 }
      // What class 2 left behind has the intensities of class 1, what is class 2 those of class 2.
      let values = made.image.image.values
      for at in made.image.label.indices where exemplar.label[at] == 2 && made.image.label[at] == 1
      {
        #expect(values[at] < 840)
      }
    }
    #expect(moved > 2)
  }

  @Test func `without strengths intensities stay`() {
    let exemplar = SynthesisSample().image
    var synthesis = Synthesis(kinds: [.intensity])
    synthesis.intensity.structure = 0
    synthesis.intensity.gamma = 1
    synthesis.intensity.bias = 0
    synthesis.intensity.resolution = 1
    synthesis.intensity.blur = 0
    synthesis.intensity.noise = 0
    #expect(synthesis(exemplar, seed: 1, name: "c", index: 0).image == exemplar)
  }

  @Test func `what was refused is said in a sentence`() {
    var tally = SynthesisTally()
    tally.add([:], missed: nil)
    #expect(tally.sentence == "1 new images; none was drawn again.")
    tally.add([.folded: 1, .lost: 2], missed: .morph)
    #expect(
      tally.sentence
        == "2 new images; 3 draws were refused and made again (folded 1, structure lost 2); for 1 "
        + "no draw of the due kind succeeded, a simpler one was used.")
  }
}

/// Thread counts are process-wide, so these tests follow one another.
@Suite(.serialized) struct SynthesisThreadTests {
  @Test(arguments: [SynthesisSample(), SynthesisSample.space])
  func `one, two and three threads give the same bits`(sample: SynthesisSample) throws {
    defer { Threads.use(0) }
    let one = sample.image
    var second = sample
    second.ellipses[0].centre[2] += 0.05
    let other = second.image
    let all = (1...3).map { threads in
      Threads.use(threads)
      let registrations = Registrations()
      return (0..<3).map { index in
        Synthesis(kinds: Synthesis.Kind.allCases)(
          one, seed: 1, name: "c", index: index, partners: 1
        ) { _ in registrations.pair(one, named: "a", with: other, named: "b") }
      }
    }
    #expect(all[0].map(\.kinds.first) == [.deform, .morph, .structure])
    for made in all.dropFirst() { #expect(made.map(\.image) == all[0].map(\.image)) }
  }
}
