public import Checkpoints

/// What a model is made of: its parameters and the slots of its layers and blocks, in the order of building.
public final class Inventory {
  /// Every parameter, by its checkpoint key.
  public private(set) var parameters = ParameterList()
  /// Every place where a correction can be plugged in.
  public private(set) var slots: [Slot] = []
  /// Every place where learned tokens can join, in the order of the blocks.
  public private(set) var tokenSlots: [TokenSlot] = []

  /// An empty inventory.
  public init() {}

  /// The slot of the layer at a path.
  public func slot(_ path: String) -> Slot? { slots.first { $0.path == path } }

  /// Adds a parameter that does not come from the base checkpoint, such as a correction's.
  public func add(_ parameter: Parameter) { parameters.append(parameter) }

  func add(_ slot: Slot) { slots.append(slot) }

  func add(_ slot: TokenSlot) { tokenSlots.append(slot) }
}

/// A place in a checkpoint's tree of names, from which a layer claims its tensors as it is built.
public struct Scope {
  /// The dotted path, which is empty at the root.
  public let path: String
  /// Where what is claimed is listed.
  public let inventory: Inventory
  private let checkpoint: Checkpoint

  /// The root of a checkpoint.
  public init(_ checkpoint: Checkpoint, listing inventory: Inventory) {
    self.init(checkpoint, inventory, path: "")
  }

  private init(_ checkpoint: Checkpoint, _ inventory: Inventory, path: String) {
    self.checkpoint = checkpoint
    self.inventory = inventory
    self.path = path
  }

  /// The place one step below, such as `scope / "lin1"`.
  public static func / (scope: Scope, name: String) -> Scope {
    Scope(scope.checkpoint, scope.inventory, path: scope.key(name))
  }

  /// The place of an element of a list, such as `scope / "blocks" / 3`.
  public static func / (scope: Scope, index: Int) -> Scope { scope / String(index) }

  /// Claims the tensor `name` of this place, which must have the given shape.
  public func callAsFunction(
    _ name: String, _ shape: Int..., isConstant: Bool = false
  ) throws(CheckpointError) -> Parameter {
    let key = key(name)
    let parameter = Parameter(key, try checkpoint.claim(key, shape), isConstant: isConstant)
    inventory.add(parameter)
    return parameter
  }

  /// The slot of the layer at this place.
  public func slot(_ role: Slot.Role, outputs: Int, inputs: Int) -> Slot {
    let slot = Slot(path, role: role, outputs: outputs, inputs: inputs)
    inventory.add(slot)
    return slot
  }

  /// The place of learned tokens before the block at this place.
  public func tokenSlot(width: Int) -> TokenSlot {
    let slot = TokenSlot(path, width: width)
    inventory.add(slot)
    return slot
  }

  private func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
