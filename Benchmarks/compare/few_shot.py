"""Compares graft's recipes, with bundled and with never-trained weights, with a U-Net from scratch on a few real scans.

    python3 few_shot.py --data DIR [--only REGEX] [--list] [--again] [--seeds 1,2,3] [--threads N] [--out FEW_SHOT.md]

The results are kept in a JSON file beside --out, cell by cell; a cell that is there is not measured again unless its
recipe or its weights have changed. The U-Net and the boxes need the peers' packages, as compare.py does. README.md says
what is measured.
"""

import argparse
import fcntl
import json
import os
import re
import sys
from pathlib import Path

import few_shot_table
from cells import SCRATCH, Cell, Runner, spent
from tasks import TASKS
from worker import WorkerError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RECIPE = ROOT / "Weights" / "graft-small.yaml"

# Budgets are counts of steps, so that a busy machine changes no result; `tasks` may replace arguments for single tasks.
# `asked` is what the bundled weights are to reach, with the largest component of each class: Dice, and HD95;
# `asked_difference`, by how much Dice is to be above that of never-trained weights.
RECIPES = [
    {
        "name": "decoder-lora",
        "tune": ["--method", "decoder-lora", "--set", "image.size=192", "--set", "budget.steps=700"],
        "predict": [],
        "tasks": {},
        "asked": {"hippocampus": (0.78, 3.0), "brats": (0.78, None)},
        "asked_difference": {"hippocampus": 0.03},
    },
    {
        "name": "best",
        "tune": ["--method", "decoder-lora", "--set", "image.size=192", "--set", "budget.steps=2400"],
        "predict": [],
        "tasks": {},
        "asked": {"hippocampus": (0.80, None), "brats": (0.86, None)},
    },
]

BUNDLED, NEVER = "bundled", "never trained"
SEEDS = [1, 2, 3]
UNET_SEEDS = [1]


def cells(seeds):
    """All cells in the order they are measured: first seeds first, and the two weights after each other."""
    found = [Cell(task, choice, seed, "unet", SCRATCH)
             for seed in UNET_SEEDS for task in TASKS for choice in range(len(task.exemplars))]
    found += [Cell(task, choice, seed, recipe, weights)
              for seed in seeds for task in TASKS for recipe in RECIPES for choice in range(len(task.exemplars))
              for weights in [BUNDLED, NEVER]]
    return found + [Cell(task, 0, 0, "box", weights) for task in TASKS for weights in [BUNDLED, NEVER]]


class Results:
    """The results in their file; several programs may add to it."""

    def __init__(self, path):
        self.path = path

    def read(self):
        """All results by the names of their cells."""
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def add(self, name, result):
        """Adds a result to those in the file; the folder is locked meanwhile."""
        folder = os.open(self.path.resolve().parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            results = self.read() | {name: result}
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps(results, indent=1) + "\n")
            os.replace(fresh, self.path)
        finally:
            os.close(folder)


def control(options):
    """The never-trained weights: those named, or the bundled ones' recipe with no step taken; nothing where there are none."""
    if options.control:
        return options.control
    path = options.work / "never-trained.safetensors"
    try:
        if not path.exists() or path.stat().st_mtime < RECIPE.stat().st_mtime:
            path.parent.mkdir(parents=True, exist_ok=True)
            spent([options.graft, "pretrain", RECIPE, "--set", "steps=0", "--set", "start=none", "--set", f"out={path}"])
        return path
    except WorkerError as error:
        log(f"no never-trained weights, name some by --control: {error}")
        return None


def log(line):
    """Tells how far the comparison is."""
    print(line, file=sys.stderr, flush=True)


def told(result):
    """A result in a line."""
    if "objects" in result:
        return f"Dice {result['answer']:.3f}, box {result['box']:.3f}, ellipse {result['ellipse']:.3f}"
    took = ", ".join(f"{part} {result[part]['wall']:.0f} s (CPU {result[part]['cpu']:.0f} s)" for part in ["tune", "predict"])
    largest, distance = result["largest"], result["largest"]["hd95"]
    return f"Dice {largest['dice']:.3f} (all components {result['masks']['dice']:.3f}), " \
           f"HD95 {'-' if distance is None else f'{distance:.2f}'}; {took}"


def parsed():
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True,
                        help="the folder that has msd-hippocampus, brats2013 and figshare-brain-tumour")
    parser.add_argument("--only", default="", help="a regular expression that the cells' names must match")
    parser.add_argument("--list", action="store_true", help="name the cells and stop")
    parser.add_argument("--again", action="store_true", help="measure cells whose results are there, too")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)), help="the seeds of graft's recipes")
    parser.add_argument("--threads", type=int, default=2, help="how many threads graft uses")
    parser.add_argument("--box", default="", help="arguments of predict for boxes, as '--image-size 192'")
    parser.add_argument("--out", type=Path, default=HERE.parent / "FEW_SHOT.md", help="the file to write")
    parser.add_argument("--work", type=Path, default=HERE / ".work" / "few-shot", help="a folder for packs and masks")
    parser.add_argument("--graft", default=ROOT / ".build" / "release" / "graft")
    parser.add_argument("--weights", type=Path, default=ROOT / "Weights" / "graft-small.safetensors")
    parser.add_argument("--control", type=Path, help="never-trained weights; made by graft pretrain where none are named")
    options = parser.parse_args()
    options.box = options.box.split()
    if not Path(options.graft).exists():
        parser.error(f"{options.graft} is not there; build it (make build) or name another by --graft")
    return options


def peers():
    """The interpreter that has the peers' packages, if there is one."""
    python = Path(os.environ.get("GRAFT_PEERS") or HERE / ".venv") / "bin" / "python"
    return python if python.exists() else None


def possible(chosen, options, runner):
    """The cells whose scans, weights and programs are there; of the others it is told why not."""
    absent = {task.name: task.missing(options.data) for task in TASKS}
    for name, reason in absent.items():
        if reason and any(cell.task.name == name for cell in chosen):
            log(f"skipped: {name}: {reason}")
    if not runner.python and any(cell.method in ["unet", "box"] for cell in chosen):
        log("skipped: the U-Net and the boxes; PyTorch and the others are not installed (make peers)")
    return [cell for cell in chosen
            if not absent[cell.task.name] and runner.has_weights(cell) and (runner.python or isinstance(cell.method, dict))]


def measure(cell, runner, results):
    """Measures a cell and keeps the result; a cell that fails is told and left out."""
    log(cell.name)
    try:
        result = runner.result(cell)
    except WorkerError as error:
        return log(f"  left out: {error}")
    results.add(cell.name, result)
    log(f"  {told(result)}")


def main():
    """Measures the cells that are missing and writes the tables."""
    options = parsed()
    results = Results(options.out.with_suffix(".json"))
    runner = Runner(options, peers(), {BUNDLED: options.weights, NEVER: control(options)})
    every = cells([int(seed) for seed in options.seeds.split(",")])

    def fresh():
        """The results there are that follow from today's recipes and weights."""
        kept = results.read()
        return {cell.name: (cell, kept[cell.name]) for cell in every
                if cell.name in kept and runner.has_weights(cell) and kept[cell.name]["making"] == runner.making(cell)}

    there = fresh()
    for cell in possible([cell for cell in every if re.search(options.only, cell.name)], options, runner):
        if options.list:
            print(f"{'measured' if cell.name in there else 'to do   '}  {cell.name}")
        elif options.again or cell.name not in there:
            measure(cell, runner, results)
    if not options.list:
        options.out.write_text(few_shot_table.report(fresh(), RECIPES, BUNDLED, NEVER, runner.python))


if __name__ == "__main__":
    main()
