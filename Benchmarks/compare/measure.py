"""Runs of several sides in turn, and what comes of them."""

import math
import statistics
import time
from dataclasses import dataclass, field

from worker import machine_seconds

TURN_SECONDS = 0.5
PAUSE_SECONDS = 0.25
FOREIGN_LIMIT = 0.08


@dataclass
class Runs:
    """The runs of one side."""

    wall: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    peak: int = 0
    facts: dict = field(default_factory=dict)
    disturbed: bool = False

    @property
    def median_wall(self):
        """The median of the seconds on the clock."""
        return statistics.median(self.wall)

    @property
    def median_cpu(self):
        """The median of the processor seconds."""
        return statistics.median(self.cpu)

    @property
    def time(self):
        """What sides are ranked by: the median, or the best run where others took part of the machine."""
        return min(self.wall) if self.disturbed else self.median_wall

    @property
    def cores(self):
        """How many cores were in use on average."""
        return sum(self.cpu) / sum(self.wall)


def interleaved(sides, rounds, log):
    """The runs of all sides (name: worker), A B A B …; turns that others disturbed are left out while others remain."""
    runs, repeats = {name: [] for name in sides}, {}
    for name, side in sides.items():
        first = turn(side, 1)
        repeats[name] = max(1, min(50, math.ceil(TURN_SECONDS / max(first.wall[0], 1e-4))))
    for number in range(rounds):
        for name, side in sides.items():
            time.sleep(PAUSE_SECONDS)
            runs[name].append(turn(side, repeats[name]))
        shown = ", ".join(f"{name} {runs[name][-1].median_wall:.4g} s" for name in sides)
        log(f"  round {number + 1} of {rounds}: {shown}")
    return {name: joined(turns) for name, turns in runs.items()}


def turn(side, repeats):
    """Some runs of one side; `disturbed` where others took more of the machine meanwhile than a little."""
    runs, before, start = Runs(), foreign_seconds(side), time.perf_counter()
    for _ in range(repeats):
        facts = side.run()
        runs.wall.append(facts.pop("wall"))
        runs.cpu.append(facts.pop("cpu"))
        runs.peak = max(runs.peak, facts.pop("peak"))
        runs.facts = facts
    elapsed = time.perf_counter() - start
    if before is not None:
        runs.disturbed = foreign_seconds(side) - before > FOREIGN_LIMIT * elapsed + 0.03
    return runs


def foreign_seconds(side):
    """The processor seconds so far of everything but one side and this script; nothing where the system does not say."""
    machine = machine_seconds()
    return machine and machine - side.cpu_seconds() - time.process_time()


def joined(turns):
    """The quiet turns as one; all of them where less than two were quiet."""
    quiet = [one for one in turns if not one.disturbed]
    is_quiet = len(quiet) >= min(2, len(turns))
    result = Runs(disturbed=not is_quiet, peak=max(one.peak for one in turns), facts=turns[-1].facts)
    for one in quiet if is_quiet else turns:
        result.wall += one.wall
        result.cpu += one.cpu
    return result
