"""What the comparison ran on."""

import datetime
import json
import os
import platform
import subprocess
from pathlib import Path

from worker import clean_environment

ROOT = Path(__file__).resolve().parents[2]


def description(jobs, python):
    """Facts by name: the processor, what uses it, versions, date and commit."""
    facts = json.loads(output([jobs, "machine"]) or "{}")
    return {
        "processor": f"{processor()}, {os.cpu_count()} cores, {memory()}",
        "graft": f"commit {commit()}, kernels {facts.get('isa')}, OpenBLAS core {facts.get('blas')}",
        "peers": versions(python),
        "system": f"{platform.system()} {platform.release()}, {compiler()}",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }


def processor():
    """The processor's name, with the instructions that matter."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    values = dict(line.split(":", 1) for line in lines if ":" in line)
    values = {name.strip(): value.strip() for name, value in values.items()}
    flags = values.get("flags", "").split()
    names = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_bf16": "AVX512-BF16", "amx_bf16": "AMX"}
    known = [name for flag, name in names.items() if flag in flags]
    family = f"family {values.get('cpu family')} model {values.get('model')}"
    return f"{values.get('model name', platform.machine())} ({family}; {', '.join(known)})"


def memory():
    """The memory of the machine."""
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (ValueError, OSError):
        return "memory unknown"


def commit():
    """The commit that is measured, and whether the files differ from it."""
    changed = output(["git", "-C", ROOT, "status", "--porcelain", "--untracked-files=no"])
    return output(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"]) + (" with changes" if changed else "")


def compiler():
    """The first line of what the compiler says of itself."""
    return (output(["swift", "--version"]) or "Swift unknown").splitlines()[0]


def versions(python):
    """The versions of the programs graft is compared with."""
    names = ["torch", "transformers", "segment-anything", "medpy", "monai", "scipy"]
    code = "import sys; from importlib.metadata import version as v; " \
           "print(', '.join(f'{n} {v(n)}' for n in sys.argv[1:]))"
    return (python and output([python, "-c", code, *names])) or "not installed"


def output(arguments):
    """What a program prints; nothing where it fails."""
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, check=True, env=clean_environment())
        return done.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
