"""How time and memory grow with threads and with the number of slices."""

import re
from dataclasses import dataclass

from measure import interleaved
from rows import rows
from worker import Worker

THREAD_ROWS = ["ViT-B encode 1024, f32", "decoder LoRA step, 1024, batch 12", "SAMed step, 512, batch 1, f32"]


@dataclass
class Scaled:
    """A line of the second table."""

    name: str
    first: str
    second: str
    ratio: float
    target: str
    is_met: bool
    is_disturbed: bool


def measured(comparison, pattern, log):
    """All lines whose names match."""
    lines = [on_threads(comparison, row, log) for row in rows()
             if comparison.threads > 1 and row.name in THREAD_ROWS and re.search(pattern, f"scaling {row.name}")]
    if re.search(pattern, "scaling slices"):
        lines += in_slices(comparison, log)
    return lines


def in_turns(sides, rounds, log):
    """The runs of some workers, who are sent home whatever happens."""
    try:
        return interleaved(sides, rounds, log).values()
    finally:
        for side in sides.values():
            side.close()


def on_threads(comparison, row, log):
    """A job on one and on two threads, in turn."""
    log(f"scaling {row.name}")
    sides = {threads: comparison.side("graft", row, threads) for threads in [1, comparison.threads]}
    one, two = in_turns(sides, 3, log)
    ratio = one.median_wall / two.median_wall
    return Scaled(f"{row.name}: two threads over one", f"{one.median_wall:.3g} s", f"{two.median_wall:.3g} s", ratio,
                  "≥ 1.85x", ratio >= 1.85, bool(one.disturbed or two.disturbed))


def in_slices(comparison, log):
    """A pack of 10 and of 2000 slices encoded with the bundled weights: seconds a slice and memory."""
    log("scaling slices")
    options = ["--weights", comparison.weights, "--data", comparison.data, "--threads", str(comparison.threads)]
    sides = {count: Worker([comparison.jobs, "embed", *options, "--slices", str(count)]) for count in [10, 2000]}
    few, many = in_turns(sides, 1, log)
    times = [side.median_cpu / side.facts["slices"] for side in [few, many]]
    name, disturbed = "embedding 10 and 2000 slices", bool(few.disturbed or many.disturbed)
    return [
        Scaled(f"{name}: CPU a slice", f"{times[0] * 1e3:.1f} ms", f"{times[1] * 1e3:.1f} ms", times[1] / times[0],
               "≤ 1.05", times[1] <= 1.05 * times[0], disturbed),
        Scaled(f"{name}: peak memory", f"{few.peak / 1e6:.0f} MB", f"{many.peak / 1e6:.0f} MB", many.peak / few.peak,
               "≤ 1.5", many.peak <= 1.5 * few.peak, False)]


def markdown(lines):
    """The second table."""
    header = ["growth", "first", "second", "ratio", "target", ""]
    cells = [[line.name, line.first, line.second, f"{line.ratio:.2f}" + (" †" if line.is_disturbed else ""),
              line.target, "met" if line.is_met else "**missed**"] for line in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *cells])
