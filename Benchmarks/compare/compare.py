"""Compares graft with PyTorch, MedPy, MONAI and SciPy on the same inputs, in turns, and prints one table.

    python3 compare.py [--quick] [--threads N] [--rows REGEX] [--rounds N] [--out RESULTS.md]

The peers' packages are looked for in $GRAFT_PEERS (a virtual environment) or in .venv beside this file; without them
graft is measured alone. README.md says how it is measured.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import machine
import notes
import scaling
import table
from measure import interleaved
from result import Result
from rows import rows
from worker import Program, Worker, WorkerError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BENCHMARKS = HERE.parent


class Comparison:
    """Where everything is, and how both sides of a row are started."""

    def __init__(self, options):
        self.options = options
        self.jobs = str(Path(options.jobs).resolve())
        self.graft = str(Path(options.graft).resolve())
        self.data = str(HERE / ".work")
        self.weights = str(ROOT / "Weights" / "graft-small.safetensors")
        folder = Path(os.environ.get("GRAFT_PEERS") or HERE / ".venv")
        python = folder / "bin" / "python"
        self.python = str(python) if python.exists() else None
        self.threads = min(options.threads, os.cpu_count() or 1)

    def prepare(self):
        """Makes weights, packs and masks, unless those there are of the same making."""
        sources = [*sorted((BENCHMARKS / "Sources" / "Workload").iterdir()),
                   BENCHMARKS / "Sources" / "Jobs" / "PrepareCommand.swift"]
        digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
        stamp = Path(self.data) / "stamp"
        if stamp.exists() and stamp.read_text() == digest:
            return
        log("making weights, packs and masks")
        subprocess.run([self.jobs, "prepare", "--data", self.data], check=True)
        stamp.write_text(digest)

    def side(self, name, row, threads):
        """One side of a row, ready to run."""
        if row.job == "start":
            return Program(self.start_command(name))
        arguments = [*row.arguments(threads), "--data", self.data]
        if name == "graft":
            return Worker([self.jobs, row.job, *arguments])
        return Worker([self.python, str(HERE / "peers.py"), row.job, "--peer", name, *arguments])

    def start_command(self, name):
        """The whole process that segments one small image with ViT-B."""
        weights = f"{self.data}/vitb.safetensors"
        if name != "graft":
            return [self.python, str(HERE / "start.py"), name, weights]
        return [self.graft, "predict", "--weights", weights, f"{self.data}/photo.png", "--image-size", "64",
                "--point", "8,8", "--out", f"{self.data}/mask.png"]

    def result(self, row):
        """Measures a row: all sides in turn, then graft and the fastest peer on one thread."""
        log(row.name)
        names = ["graft", *(row.peers if self.python else [])]
        rounds = 2 if self.options.quick else self.options.rounds or row.rounds
        sides = {name: self.side(name, row, self.threads) for name in names}
        try:
            found = notes.before(row, sides)
            runs = interleaved(sides, rounds, log)
            found += notes.after(row, sides, runs, self)
        finally:
            close(sides)
        result = Result(row, runs["graft"], notes=found)
        if len(names) > 1:
            result.peer_name = min(names[1:], key=lambda name: runs[name].time)
            result.peer = runs[result.peer_name]
            if self.threads == 1:
                result.single = [result.graft, result.peer]
            elif row.one_thread and not self.options.quick:
                result.single = self.on_one_thread(row, result.peer_name)
        return result

    def on_one_thread(self, row, peer):
        """The runs of graft and a peer on one thread."""
        sides = {name: self.side(name, row, 1) for name in ["graft", peer]}
        try:
            runs = interleaved(sides, 2, log)
        finally:
            close(sides)
        return [runs["graft"], runs[peer]]

    def ceilings(self):
        """Operations a second by what measured them, in GFLOP/s: (name, precision, rate)."""
        core = re.search(r"core (\S+)$", machine.description(self.jobs, None)["graft"])
        openblas = [sys.executable, str(HERE / "openblas.py"), "--core", core.group(1) if core else ""]
        found = []
        for threads in sorted({1, self.threads}):
            count = ["--threads", str(threads)]
            commands = {
                ("OpenBLAS product", "f32"): [*openblas, *count],
                ("multiply-add in registers", "f32"): [self.jobs, "ceiling", *count],
                ("multiply-add in registers", "bf16"): [self.jobs, "ceiling", "--precision", "bf16", *count]}
            if self.python:
                peer = [self.python, str(HERE / "peers.py"), "product", *count]
                commands["PyTorch product", "f32"] = peer
                commands["PyTorch product", "bf16"] = [*peer, "--precision", "bf16"]
            sides = {key: Worker(command) for key, command in commands.items()}
            runs = interleaved(sides, 3, lambda _: None)
            close(sides)
            found += [(name, precision, threads, one.facts["operations"] / one.median_wall / 1e9)
                      for (name, precision), one in runs.items()]
        return found


def close(sides):
    """Ends all processes."""
    for side in sides.values():
        side.close()


def best(ceilings, threads):
    """By number format, the ceiling shares refer to: the fastest product, for bf16 also the registers' rate."""
    def counts(name, precision):
        return "product" in name or precision == "bf16"

    rates = {}
    for name, precision, count, rate in ceilings:
        if count == threads and counts(name, precision):
            rates[precision] = max(rates.get(precision, 0), rate)
    return rates


def log(line):
    """Tells how far the comparison is."""
    print(line, file=sys.stderr, flush=True)


def measured(comparison, chosen):
    """The results of the rows; a row that fails is told and left out."""
    results = []
    for row in chosen:
        try:
            results.append(comparison.result(row))
        except WorkerError as error:
            log(f"  left out: {error}")
    return results


def parsed():
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few rows with two rounds each")
    parser.add_argument("--rows", default="", help="a regular expression the rows' names must match")
    parser.add_argument("--rounds", type=int, help="how often each side has its turn")
    parser.add_argument("--threads", type=int, default=2, help="how many threads each side uses; 1 on a busy machine")
    parser.add_argument("--out", help="the file to write; printed where none is named")
    parser.add_argument("--jobs", default=BENCHMARKS / ".build" / "release" / "jobs")
    parser.add_argument("--graft", default=ROOT / ".build" / "release" / "graft")
    return parser.parse_args()


def main():
    """Measures and writes the table."""
    options = parsed()
    comparison = Comparison(options)
    if not comparison.python:
        log("PyTorch and the others are not installed (make peers); graft is measured alone")
    comparison.prepare()
    ceilings = comparison.ceilings()
    chosen = [row for row in rows() if re.search(options.rows, row.name) and (row.is_quick or not options.quick)]
    results = measured(comparison, chosen)
    scaled = [] if options.quick else scaling.measured(comparison, options.rows, log)
    text = notes.report(comparison, results, scaled, ceilings, best(ceilings, comparison.threads))
    print(text)
    if options.out:
        Path(options.out).write_text(text)


if __name__ == "__main__":
    main()
