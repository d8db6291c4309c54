"""What a row's measurement came to."""

from dataclasses import dataclass, field

from measure import Runs
from rows import Row


@dataclass
class Result:
    """A row with the runs of graft and of the fastest peer."""

    row: Row
    graft: Runs
    peer_name: str | None = None
    peer: Runs | None = None
    single: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    @property
    def ratio(self):
        """The peer's seconds on the clock over graft's."""
        return self.peer.median_wall / self.graft.median_wall if self.peer else None

    @property
    def cpu_ratio(self):
        """The peer's processor seconds over graft's, both on one thread."""
        return self.single[1].median_cpu / self.single[0].median_cpu if len(self.single) == 2 else None

    @property
    def is_disturbed(self):
        """Whether others took part of the machine in nearly every turn of one side."""
        return bool(self.graft.disturbed or (self.peer and self.peer.disturbed))

    def checks(self):
        """The targets and whether they are met.

        Where others took part of the machine the one-thread ratio decides, if there is one.
        """
        row = self.row
        decisive = self.cpu_ratio if self.is_disturbed and self.cpu_ratio else self.ratio
        if row.ratio and decisive:
            yield "speed", decisive >= row.ratio
        if row.seconds:
            yield "time", self.graft.median_wall <= row.seconds
        if row.memory:
            yield "memory", self.graft.peak <= row.memory
        if row.memory_ratio and self.peer:
            yield "memory", self.graft.peak <= row.memory_ratio * self.peer.peak
