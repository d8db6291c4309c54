"""A large product by the OpenBLAS graft links, called without anything in between, to see what it can do."""

import argparse
import ctypes
import ctypes.util
import os
import random

from session import serve

ROWS, INNER, OUTER, REPEATS = 4096, 768, 3072, 5
ROW_MAJOR, PLAIN, TRANSPOSED = 101, 111, 112


def main():
    """Loads the library with a number of threads and multiplies."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--core")
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)
    if options.core:
        os.environ["OPENBLAS_CORETYPE"] = options.core
    library = ctypes.CDLL(ctypes.util.find_library("openblas") or "libopenblas.so.0")
    library.openblas_get_corename.restype = ctypes.c_char_p
    a, b, c = (numbers(count) for count in [ROWS * INNER, OUTER * INNER, ROWS * OUTER])
    alpha, beta = ctypes.c_float(1), ctypes.c_float(0)

    def run():
        for _ in range(REPEATS):
            library.cblas_sgemm(
                ROW_MAJOR, PLAIN, TRANSPOSED, ROWS, OUTER, INNER, alpha, a, INNER, b, INNER, beta, c, OUTER)
        core = library.openblas_get_corename().decode()
        return {"operations": REPEATS * 2.0 * ROWS * INNER * OUTER, "core": core}

    serve(run)


def numbers(count):
    """An array of floats between 0 and 1."""
    some = [random.random() for _ in range(4099)]
    return (ctypes.c_float * count)(*(some * (count // len(some) + 1))[:count])


if __name__ == "__main__":
    main()
