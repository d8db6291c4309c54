import CKernels

/// What the kernels run on.
public enum Processor {
  /// The instruction set in use: portable, avx2, avx512 or amx; the environment's GRAFT_ISA can lower it.
  public static var instructionSet: String { String(cString: graft_isa_name()) }

  /// The name of the BLAS kernels in use, such as "SkylakeX"; float bits differ between them.
  public static var blasCore: String { String(cString: graft_blas_core()) }

  /// The value OPENBLAS_CORETYPE needs for BLAS to use the same instruction set; nil where it does already.
  public static var blasCoreWanted: String? { graft_blas_core_wanted().map { String(cString: $0) } }
}
