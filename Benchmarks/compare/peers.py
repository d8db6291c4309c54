"""A job by a program graft is compared with; run by compare.py, with the interpreter that has the packages."""

import argparse
import os


def main():
    """Takes the arguments and does the job."""
    parser = argparse.ArgumentParser()
    parser.add_argument("job", choices=["encode", "step", "product", "evaluate"])
    parser.add_argument("--peer", default="segment-anything")
    parser.add_argument("--data")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--method", default="decoder-lora")
    parser.add_argument("--precision", default="f32")
    options = parser.parse_args()
    job(options)(options)


def job(options):
    """The function that does the job; the threads are set before anything is imported that reads them."""
    if options.threads:
        for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]:
            os.environ[name] = str(options.threads)
    if options.job == "evaluate":
        import mask_jobs

        return mask_jobs.evaluate
    import torch
    import torch_jobs

    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    return getattr(torch_jobs, options.job)


if __name__ == "__main__":
    main()
