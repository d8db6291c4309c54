"""The real tasks of the few-shot comparison: their exemplars, test cases, packs."""

import fcntl
import shutil
from dataclasses import dataclass, field


@dataclass
class Task:
    """A task on public scans. Slices choose among the cases sorted by name."""

    name: str
    title: str
    folder: str
    dataset: str
    cases: str
    count: int
    exemplars: list
    test: slice
    unit: str = "mm"
    labels: dict = field(default_factory=dict)

    def names(self, data):
        """The names of all cases, sorted."""
        return sorted(path.name.split(".")[0] for path in (data / self.folder).glob(self.cases))

    def missing(self, data):
        """Why the task cannot be run; nothing where it can."""
        found = len(self.names(data))
        if found == self.count:
            return None
        return f"{data / self.folder} has {found} cases of the {self.count} that the comparison is about"

    def split(self, data, choice):
        """The names of the exemplars of a choice, and of the test cases."""
        names = self.names(data)
        return names[self.exemplars[choice]], names[self.test]


TASKS = [
    # The choices begin at 0, 7 and 14, so that none of them reaches into the test cases, which begin at 20.
    Task("hippocampus", "hippocampus (MSD Task04), 5 exemplars, last 20 test, mean of 2 classes", "msd-hippocampus",
         "msd-hippocampus", "images/*.nii.gz", 40, [slice(0, 5), slice(7, 12), slice(14, 19)], slice(-20, None)),
    Task("brats", "whole tumour (BraTS 2013, FLAIR and T1c), 0005 and 0006 exemplars, 0003 and 0004 test", "brats2013",
         "brats", "brats_2013_*", 4, [slice(2, 4)], slice(0, 2), labels={"whole_tumour": [1, 2, 3, 4]}),
    Task("figshare", "brain tumour (J. Cheng's slices), 10 exemplar slices, last 20 test", "figshare-brain-tumour",
         "figshare-brain-tumour", "images/*.png", 43, [slice(0, 10)], slice(-20, None), unit="pixels"),
]


class Prepared:
    """The pack of a task's exemplar choice, and its exemplars and test cases as files."""

    def __init__(self, folder, task, data, choice, run):
        self.pack, self.train, self.test = folder / "pack.h5", folder / "train", folder / "test"
        split = task.split(data, choice)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with open(folder.parent / "preparing", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stamp = folder / "complete"
            if stamp.exists() and stamp.read_text() == repr(split):
                return
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            self.make(task, data, split, run)
            stamp.write_text(repr(split))

    def make(self, task, data, split, run):
        """Packs the cases and writes them as files."""
        labels = []
        if task.labels:
            scheme = self.pack.with_name("labels.yaml")
            scheme.write_text("".join(f"{name}: {values}\n" for name, values in task.labels.items()))
            labels = ["--labels", scheme]
        train, test = (",".join(names) for names in split)
        run(["pack", "--dataset", task.dataset, data / task.folder, "--out", self.pack, *labels,
             "--split", f"train={train},test={test}"])
        for part, names in zip([self.train, self.test], split):
            cases = [word for name in names for word in ["--case", name]]
            run(["unpack", self.pack, "--format", "nii.gz", "--out", part, *cases])
