"""What is said beside the table: whether both sides computed the same, what on, and how to read it."""

import json
import subprocess
from pathlib import Path

import machine
import scaling
import table

HERE = Path(__file__).resolve().parent


def before(row, sides):
    """The losses of the first steps of both sides, which also warm them up."""
    if row.job != "step" or len(sides) < 2:
        return []
    losses = {name: [side.run()["loss"] for _ in range(3)] for name, side in sides.items()}
    own = losses.pop("graft")
    return [f"{row.name}: the losses of the first three steps differ from {name}'s by at most "
            f"{max(abs(a - b) / abs(b) for a, b in zip(own, other)):.1e} of their size"
            for name, other in losses.items()]


def after(row, sides, runs, comparison):
    """What the results of the sides say of one another."""
    if row.job == "encode" and len(sides) > 1:
        return embeddings(row, sides, comparison)
    if row.job == "evaluate" and len(sides) > 1:
        return [f"{row.name}: " + "; ".join(f"{name} {shown(one.facts)}" for name, one in runs.items())]
    return []


def shown(facts):
    """Facts with their values."""
    return ", ".join(f"{name} {value:.6g}" for name, value in facts.items())


def embeddings(row, sides, comparison):
    """How far the sides' embeddings are from segment_anything's in float32, which the f32 row leaves behind."""
    found = []
    reference = f"{comparison.data}/reference-{row.options['size']}.safetensors"
    for name, side in sides.items():
        path = f"{comparison.data}/embedding-{name}.safetensors"
        side.save(path)
        if name == "segment-anything" and row.precision == "f32":
            Path(path).replace(reference)
    for name in sides:
        path = f"{comparison.data}/embedding-{name}.safetensors"
        if Path(reference).exists() and (name != "segment-anything" or row.precision != "f32"):
            found.append(f"{row.name}: {name} against segment-anything's f32: {compared(path, reference, comparison)}")
    return found


def compared(path, reference, comparison):
    """The difference of two embeddings in words."""
    text = subprocess.run(
        [comparison.python, str(HERE / "agreement.py"), path, reference], capture_output=True, text=True, check=True)
    found = json.loads(text.stdout)
    return (f"largest error {found['error']:.1e} of the largest value, cosine a token {found['cosine']:.6f} in the "
            f"median and {found['least']:.6f} at worst")


def report(comparison, results, scaled, ceilings, best):
    """The whole text."""
    facts = machine.description(comparison.jobs, comparison.python)
    parts = ["# graft beside PyTorch, MedPy, MONAI and SciPy", READING, bullets(f"{name}: {value}" for name, value
             in facts.items()), table.markdown(results, best)]
    if scaled:
        parts.append(scaling.markdown(scaled))
    parts.append("What the processor did in the same run, in GFLOP/s:\n\n" + ceiling_table(ceilings))
    parts += products(ceilings)
    agreements = [note for result in results for note in result.notes]
    if agreements:
        parts.append("Both sides computed the same:\n\n" + bullets(agreements))
    return "\n\n".join(parts) + "\n"


def ceiling_table(ceilings):
    """The rates of products and registers, on one thread and on all that are used."""
    threads = sorted({count for _, _, count, _ in ceilings})
    keys = list(dict.fromkeys((name, precision) for name, precision, _, _ in ceilings))
    rates = {(name, precision, count): rate for name, precision, count, rate in ceilings}
    lines = [["", *(f"{count} thread{'s' * (count > 1)}" for count in threads)], ["---"] * (1 + len(threads))]
    lines += [[f"{name}, {precision}", *(f"{rates[name, precision, count]:.0f}" for count in threads)]
              for name, precision in keys]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def products(ceilings):
    """A warning where PyTorch's own products are far from what the processor does."""
    rates = {name: rate for name, precision, _, rate in ceilings if precision == "f32"}
    own, peer = rates["OpenBLAS product"], rates.get("PyTorch product")
    if not peer or peer > 0.8 * own:
        return []
    return [f"PyTorch's float32 products reach {peer / own:.0%} of OpenBLAS's on this processor. Where its library uses all "
            "of the processor's instructions, the float32 ratios will be smaller; the bf16 rows tell more."]


def bullets(lines):
    """A list."""
    return "\n".join(f"- {line}" for line in lines)


READING = """\
Written by `make bench`; `Benchmarks/README.md` says how it is measured. Times are medians of runs taken in turn in one \
session; a ratio is the peer's time over graft's, so above 1 graft is faster. The peer is the faster of segment-anything \
and transformers where both can do the job. † marks a row in which other programs took part of the machine in nearly \
every turn: its two-thread times say little, and the one-thread ratio of processor time decides."""
