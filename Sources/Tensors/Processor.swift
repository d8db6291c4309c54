import CKernels
import Foundation

/// What the kernels run on.
public enum Processor {
  /// The instruction set in use: portable, avx2, avx512 or amx; the environment's GRAFT_ISA can lower it.
  public static var instructionSet: String { String(cString: graft_isa_name()) }

  /// The name of the BLAS kernels in use, such as "SkylakeX"; float bits differ between them.
  public static var blasCore: String { String(cString: graft_blas_core()) }

  /// Starts the process anew where BLAS uses other instructions than graft's kernels do.
  ///
  /// OpenBLAS decides while it is loaded, by a variable of the environment, so this is to be called before anything else.
  public static func useMatchingBLAS() {
    guard let core = graft_blas_core_wanted() else { return }
    setenv("OPENBLAS_CORETYPE", core, 1)
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
    for argument in arguments { free(argument) }
  }
}
