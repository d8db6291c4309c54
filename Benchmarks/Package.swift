// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// The package that is measured.
let graft = Target.Dependency.product(name: "GraftModules", package: "graft")

/// A suite of benchmarks in `Benchmarks/<name>`.
func suite(_ name: String) -> Target {
  .executableTarget(
    name: name,
    dependencies: [graft, "Workload", .product(name: "Benchmark", package: "benchmark")],
    path: "Benchmarks/\(name)", swiftSettings: strict,
    plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}

let package = Package(
  name: "benchmarks",
  products: [.executable(name: "jobs", targets: ["jobs"])],
  dependencies: [
    .package(name: "graft", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .target(name: "Ceiling"),
    .target(name: "Workload", dependencies: [graft], swiftSettings: strict),
    .executableTarget(
      name: "jobs",
      dependencies: [
        graft, "Ceiling", "Workload",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Jobs", swiftSettings: strict),
    suite("Kernels"), suite("Model"), suite("Pipeline"), suite("Start"),
  ]
)
