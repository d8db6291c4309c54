"""The cells of the few-shot comparison: a method with its weights on the exemplars of a task, or boxes without adaptation."""

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tasks import Prepared, Task
from worker import WorkerError, clean_environment

HERE = Path(__file__).resolve().parent
SCRATCH = "from scratch"


@dataclass
class Cell:
    """One measurement; `method` is a recipe (a dictionary), or the name of what is no recipe: unet or box."""

    task: Task
    choice: int
    seed: int
    method: dict | str
    weights: str

    @property
    def method_name(self):
        """The method's name."""
        return self.method if isinstance(self.method, str) else self.method["name"]

    @property
    def name(self):
        """The cell's name in the results."""
        if self.method == "box":
            return f"{self.task.name}/box/{self.weights}"
        return f"{self.task.name}/exemplars {self.choice + 1}/seed {self.seed}/{self.method_name}/{self.weights}"

    def arguments(self, command):
        """The recipe's arguments of a command for the task."""
        return self.method.get("tasks", {}).get(self.task.name, {}).get(command, self.method[command])


class Runner:
    """Runs cells: where the program, the data, the weights are."""

    def __init__(self, options, python, weights):
        self.options = options
        self.python = python
        self.weights = weights
        self.work = options.work
        self.digests = {}

    def has_weights(self, cell):
        """Whether the weights are there that the cell is about."""
        return cell.weights == SCRATCH or self.weights[cell.weights] is not None

    def making(self, cell):
        """What the cell's result follows from; a result that another one led to is measured anew."""
        if cell.method == "unet":
            return {"program": "unet.py"}
        weights = self.weights[cell.weights]
        if weights not in self.digests:
            self.digests[weights] = hashlib.sha256(Path(weights).read_bytes()).hexdigest()
        made = {"weights": self.digests[weights]}
        if cell.method == "box":
            return made | {"arguments": self.options.box}
        return made | {command: cell.arguments(command) for command in ["tune", "predict"]}

    def graft(self, arguments):
        """Runs graft; its wall and processor seconds."""
        return spent([self.options.graft, *arguments])[0]

    def prepared(self, cell):
        """The pack and the files of a cell's exemplars."""
        folder = self.work / f"{cell.task.name}-{cell.choice + 1}"
        return Prepared(folder, cell.task, self.options.data, cell.choice, self.graft)

    def result(self, cell):
        """Measures a cell."""
        files = self.prepared(cell)
        self.work.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self.work, prefix="cell-"))
        try:
            way = {"unet": self.with_unet, "box": self.with_boxes}.get(cell.method_name, self.with_graft)
            return {"making": self.making(cell), **way(cell, files, folder)}
        finally:
            shutil.rmtree(folder)

    def with_graft(self, cell, files, folder):
        """A recipe of graft's, embeddings included: the store lies beside the cell's own link to the pack."""
        pack, run, threads = folder / "pack.h5", folder / "run", ["--threads", self.options.threads]
        os.link(files.pack, pack)
        weights = ["--weights", self.weights[cell.weights]]
        tune = self.graft(["tune", *weights, "--pack", pack, "--out", run, *cell.arguments("tune"),
                           "--set", f"seed={cell.seed}", *threads])
        predict = ["predict", *weights, "--adapter", run / "adapter.safetensors", pack, "--split", "test",
                   "--format", "nii.gz", *cell.arguments("predict"), *threads]
        largest = self.graft([*predict, "--keep-largest", "--out", folder / "largest"])
        self.graft([*predict, "--out", folder / "masks"])
        return {"tune": tune, "predict": largest, "threads": self.options.threads, **self.scores(files, folder)}

    def with_unet(self, cell, files, folder):
        """The U-Net."""
        _, printed = spent([self.python, HERE / "unet.py", cell.task.name, "--train", files.train, "--test", files.test,
                            "--out", folder, "--seed", cell.seed])
        return {**json.loads(printed.splitlines()[-1]), "threads": 1, **self.scores(files, folder)}

    def with_boxes(self, cell, files, folder):
        """The objects of the test slices by one box each."""
        _, printed = spent([self.python, HERE / "boxes.py", "--graft", self.options.graft,
                            "--weights", self.weights[cell.weights], "--test", files.test, "--work", folder,
                            "--threads", self.options.threads, "--", *self.options.box])
        return json.loads(printed.splitlines()[-1])

    def scores(self, files, folder):
        """What graft says of the masks, as they are and with the largest component of each class alone."""
        found = {}
        for kind in ["masks", "largest"]:
            out = folder / f"{kind}-evaluation"
            self.graft(["evaluate", folder / kind, "--reference", files.test / "labels", "--out", out])
            found[kind] = score(json.loads((out / "metrics.json").read_text())["cases"])
        return found


def score(rows):
    """The means over cases, then over classes; a distance that is undefined is left out and counted."""
    labels = sorted({row["label"] for row in rows})
    found = {}
    for measure, key in [("dice", "dice"), ("hd95", "hd95_pooled")]:
        values = {label: [row[key] for row in rows if row["label"] == label and row[key] is not None] for label in labels}
        means = [statistics.mean(some) for some in values.values() if some]
        found[measure] = statistics.mean(means) if means else None
        found[f"{measure} of classes"] = means
        found[f"{measure} undefined"] = len(rows) - sum(map(len, values.values()))
    found["dice of cases"] = {f"{row['case']} {row['label']}": row["dice"] for row in rows}
    return found


def spent(arguments):
    """Runs a program to its end: its wall and processor seconds, and what it printed."""
    arguments = [str(argument) for argument in arguments]
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(arguments, stdout=printed, stderr=errors, env=clean_environment())
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if process.returncode != 0:
            raise WorkerError(f"{' '.join(arguments[:3])}: {errors.read().strip()[-400:]}")
        printed.seek(0)
        return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime}, printed.read()
