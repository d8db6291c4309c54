/// Parameters in the order in which the model was built, each found by its name.
public struct ParameterList: Sequence {
  private var ordered: [Parameter] = []
  private var positions: [String: Int] = [:]

  /// An empty list.
  public init() {}

  /// Adds a parameter; a name stands for one parameter only.
  public mutating func append(_ parameter: Parameter) {
    precondition(positions[parameter.name] == nil, "two parameters are called \(parameter.name)")
    positions[parameter.name] = ordered.count
    ordered.append(parameter)
  }

  /// The parameter of a name.
  public subscript(name: String) -> Parameter? { positions[name].map { ordered[$0] } }

  /// The parameters that learn.
  public var learning: [Parameter] { ordered.filter(\.learns) }

  /// The number of parameters.
  public var count: Int { ordered.count }

  /// The names in order.
  public var names: [String] { ordered.map(\.name) }

  /// Walks through the parameters in order.
  public func makeIterator() -> IndexingIterator<[Parameter]> { ordered.makeIterator() }
}
