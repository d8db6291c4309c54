"""The rows of the table: which job is done by whom, and what graft is to reach."""

from dataclasses import dataclass, field

ENCODERS = ["segment-anything", "transformers"]
GIGA = 1e9


@dataclass
class Row:
    """A job, the programs it is compared with, and the targets."""

    name: str
    job: str
    options: dict = field(default_factory=dict)
    peers: list = field(default_factory=list)
    ratio: float | None = None
    seconds: float | None = None
    memory: float | None = None
    memory_ratio: float | None = None
    gflop: float | None = None
    rounds: int = 4
    is_quick: bool = False
    precision: str = "f32"
    one_thread: bool = True

    def arguments(self, threads):
        """The job's options for either side."""
        options = {**self.options, "threads": threads}
        return [word for name, value in options.items() for word in (f"--{name}", str(value))]


def rows():
    """All rows, in the order of the table."""
    return [*encoding(), *decoder_steps(), *samed_steps(), *evaluation(), *start()]


def encoding():
    """The image encoder, in both number formats."""
    for precision, targets in [("f32", [(1024, 1.6, 1.0, 942), (512, 1.4, None, 199)]),
                               ("bf16", [(1024, 2.2, 0.8, 942), (512, 1.4, None, 199)])]:
        for size, ratio, memory, gflop in targets:
            yield Row(
                f"ViT-B encode {size}, {precision}", "encode", {"size": size, "precision": precision}, ENCODERS,
                ratio=ratio, memory=memory and memory * GIGA, gflop=gflop, precision=precision,
                is_quick=size == 512, rounds=3 if size == 1024 else 5)


def decoder_steps():
    """Steps of low-rank corrections in the decoder over stored embeddings."""
    for size, batch, gflop in [(1024, 1, 7.61), (1024, 12, 91.3), (512, 1, 1.95), (512, 12, 23.4)]:
        yield Row(
            f"decoder LoRA step, {size}, batch {batch}", "step",
            {"method": "decoder-lora", "size": size, "batch": batch}, ENCODERS, ratio=3,
            memory_ratio=0.5 if size == 1024 else None, gflop=gflop, is_quick=size == 512 and batch == 1)


def samed_steps():
    """Steps of SAMed, which train through the encoder."""
    for precision, memory in [("f32", 1.2), ("bf16", None)]:
        yield Row(
            f"SAMed step, 512, batch 1, {precision}", "step",
            {"method": "samed", "size": 512, "batch": 1, "precision": precision}, ["segment-anything"],
            ratio=1.6, memory=memory and memory * GIGA, gflop=416, precision=precision)
    yield Row(
        "SAMed step, 512, batch 12, f32", "step", {"method": "samed", "size": 512, "batch": 12}, [],
        memory=8 * GIGA, gflop=12 * 416, rounds=1, one_thread=False)


def evaluation():
    """Dice and HD95 of a pair of masks, against three programs."""
    for peer, ratio, rounds in [("medpy", 150, 2), ("monai", 12, 4), ("scipy", 8, 6)]:
        yield Row(
            f"Dice + HD95, 150x512x512, {peer}", "evaluate", {}, [peer], ratio=ratio, rounds=rounds,
            is_quick=peer == "scipy", one_thread=peer != "medpy")


def start():
    """A whole process: weights from disk, a small image, a mask."""
    yield Row("process start to the first mask, ViT-B on disk", "start", {}, ENCODERS, seconds=0.3, is_quick=True,
              one_thread=False)
