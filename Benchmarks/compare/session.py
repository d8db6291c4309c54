"""The peer's side of the conversation with compare.py: one JSON object a line, as the program `jobs` speaks."""

import json
import resource
import sys
import time


def serve(run, outputs=dict):
    """Calls `run` once for each line `run`; it returns the facts of the run. `outputs` are what `save PATH` writes."""
    answer({"ready": True})
    for line in sys.stdin:
        words = line.split(maxsplit=1)
        if not words:
            break
        if words[0] == "save":
            save(outputs(), words[1].strip())
            answer({"saved": True})
        else:
            answer(measured(run))


def measured(run):
    """The seconds, the processor seconds and the peak memory of a run, with its facts."""
    wall, cpu = time.perf_counter(), time.process_time()
    facts = run() or {}
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall, "cpu": cpu, "peak": peak_bytes(), **facts}


def peak_bytes():
    """The largest memory the process ever had in use."""
    try:
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def save(tensors, path):
    """Writes tensors as safetensors."""
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)


def answer(values):
    """Writes one line."""
    print(json.dumps(values), flush=True)
