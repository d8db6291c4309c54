// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A Swift module in `Sources/` with the project's language settings.
///
/// `assets` are files that become part of the code, as `PackageResources`.
func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], assets: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: assets.map { .embedInCode($0) },
    swiftSettings: strict)
}

/// The suite of a module, in `Tests/<module>Tests`.
func suite(_ module: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(module)Tests",
    dependencies: [.init(stringLiteral: module), "TestKit"] + dependencies,
    swiftSettings: strict)
}

/// The modules other packages may use.
let modules = [
  "Tensors", "Autodiff", "Archives", "Checkpoints", "Layers", "SegmentAnything", "Adaptation",
  "Baselines", "Volumes", "Metrics", "Exemplars", "Reports", "Inference", "Training",
]

let package = Package(
  name: "graft",
  products: [
    .executable(name: "graft", targets: ["graft"]),
    .library(name: "GraftModules", targets: modules),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CHDF5Library", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .target(name: "CHDF5", dependencies: ["CHDF5Library", "CZlib"]),
    .target(name: "CKernels", dependencies: ["CBLAS"]),

    module("Failures"),
    module("Tensors", ["CKernels", "CLAPACKE"]),
    module("Autodiff", ["Tensors", "CKernels"]),
    module(
      "Archives",
      ["Failures", "CZlib", "CHDF5", .product(name: "Crypto", package: "swift-crypto")]),
    module("Checkpoints", ["Failures", "Tensors", "Archives"]),
    module("Layers", ["Tensors", "Autodiff", "Checkpoints"]),
    module("SegmentAnything", ["Failures", "Tensors", "Autodiff", "Layers", "Checkpoints"]),
    module(
      "Adaptation",
      ["Failures", "Tensors", "Autodiff", "Layers", "Checkpoints", "SegmentAnything", "Archives"]),
    module(
      "Baselines",
      [
        "Failures", "Tensors", "Autodiff", "Layers", "Checkpoints", "SegmentAnything",
        "Adaptation",
      ]),
    module("Volumes", ["Failures", "Tensors", "CKernels", "Archives", "Yams"]),
    module("Metrics", ["Failures", "CKernels", "Tensors", "Volumes"]),
    module("Exemplars", ["Failures", "Tensors", "Archives", "Volumes", "Yams"]),
    module(
      "Reports", ["Failures", "Tensors", "Archives", "Metrics", "Volumes"],
      assets: [
        "page.css", "figures.css", "print.css", "theme.js", "tables.js", "viewer.js", "start.js",
      ].map { "Page/Assets/\($0)" }),
    module(
      "Inference",
      [
        "Failures", "Tensors", "Autodiff", "Layers", "Checkpoints", "SegmentAnything",
        "Adaptation", "Archives", "Volumes", "Exemplars", "Metrics",
      ]),
    module(
      "Training",
      [
        "Failures", "Tensors", "Autodiff", "Layers", "Checkpoints", "SegmentAnything",
        "Adaptation", "Baselines", "Archives", "Volumes", "Exemplars", "Metrics", "Inference",
        "CKernels", "Yams",
      ]),
    .executableTarget(
      name: "graft",
      dependencies: [
        "Failures", "Tensors", "Autodiff", "Layers", "Checkpoints", "SegmentAnything",
        "Adaptation", "Baselines", "Archives", "Volumes", "Exemplars", "Metrics", "Inference",
        "Training", "Reports", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .target(
      name: "TestKit", dependencies: ["Failures", "Tensors", "Autodiff", "Archives"],
      path: "Tests/TestKit",
      swiftSettings: strict),
    suite("Tensors", ["Autodiff"]),
    suite("Autodiff", ["Tensors"]),
    suite("Archives", ["Failures", "Tensors"]),
    suite("Checkpoints", ["Tensors", "Archives"]),
    suite("SegmentAnything", ["Tensors", "Autodiff", "Layers", "Checkpoints", "Archives"]),
    suite(
      "Adaptation",
      ["Tensors", "Autodiff", "Layers", "Checkpoints", "SegmentAnything", "Archives"]),
    suite(
      "Baselines",
      [
        "Failures", "Tensors", "Autodiff", "Layers", "Checkpoints", "SegmentAnything",
        "Adaptation", "Archives",
      ]),
    suite("Volumes", ["Tensors", "Archives"]),
    suite("Metrics", ["Tensors", "Archives"]),
    suite("Exemplars", ["Failures", "Tensors", "Archives", "Volumes"]),
    suite("Reports", ["Metrics", "Volumes"]),
    suite(
      "Inference",
      [
        "Failures", "Tensors", "Autodiff", "Layers", "Archives", "Volumes", "Exemplars",
        "SegmentAnything", "Checkpoints", "Adaptation",
      ]),
    suite(
      "Training",
      [
        "Failures", "Tensors", "Autodiff", "Layers", "Checkpoints", "SegmentAnything",
        "Adaptation", "Baselines", "Archives", "Volumes", "Exemplars", "Inference",
      ]),
    .testTarget(
      name: "ToolTests",
      dependencies: [
        "graft", "TestKit", "Tensors", "Archives", "Volumes", "Checkpoints", "Adaptation",
      ],
      swiftSettings: strict),
  ]
)
