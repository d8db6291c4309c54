"""The table of a comparison, as Markdown."""

HEADER = ["job", "peer", "graft", "peer takes", "ratio", "target", "", "cores in use, graft / peer",
          "one thread, CPU: graft / peer", "ratio", "peak memory, graft / peer", "GFLOP/s graft / peer",
          "share of the ceiling"]


def markdown(results, ceilings):
    """The table of all rows."""
    lines = [HEADER, ["---"] * len(HEADER), *(cells(result, ceilings) for result in results)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cells(result, ceilings):
    """The cells of a row."""
    row, graft, peer = result.row, result.graft, result.peer
    disturbed = " †" if result.is_disturbed else ""
    return [
        row.name, result.peer_name or "none",
        seconds(graft.median_wall), seconds(peer.median_wall) if peer else "-",
        ratio(result.ratio) + disturbed, target(row), verdict(result),
        f"{graft.cores:.2f} / {peer.cores:.2f}" if peer else f"{graft.cores:.2f}",
        one_thread(result), ratio(result.cpu_ratio),
        " / ".join(gigabytes(side.peak) for side in [graft, peer] if side),
        *speed(result, ceilings)]


def target(row):
    """What the row is to reach."""
    parts = []
    if row.ratio:
        parts.append(f"{row.ratio:g}x")
    if row.seconds:
        parts.append(f"≤ {row.seconds:g} s")
    if row.memory:
        parts.append(f"≤ {row.memory / 1e9:g} GB")
    if row.memory_ratio:
        parts.append(f"memory ≤ {row.memory_ratio:g} of the peer's")
    return ", ".join(parts) or "-"


def verdict(result):
    """Whether the row's targets are met, or which are not."""
    checks = list(result.checks())
    missed = [name for name, is_met in checks if not is_met]
    if not checks:
        return ""
    return "**missed**: " + ", ".join(missed) if missed else "met"


def one_thread(result):
    """The processor seconds on one thread."""
    if not result.single:
        return "-"
    return " / ".join(seconds(side.median_cpu) for side in result.single)


def speed(result, ceilings):
    """The operations a second, and what share of the processor's they are."""
    gflop = result.row.gflop
    if not gflop:
        return ["-", "-"]
    rates = [gflop / side.median_wall for side in [result.graft, result.peer] if side]
    ceiling = ceilings.get(result.row.precision)
    share = f"{100 * rates[0] / ceiling:.0f} %" if ceiling else "-"
    return [" / ".join(f"{rate:.0f}" for rate in rates), share]


def seconds(value):
    """A time in a fitting unit."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.1f} ms" if value < 0.1 else f"{value * 1e3:.0f} ms"


def ratio(value):
    """A ratio, if there is one."""
    return f"{value:.2f}x" if value else "-"


def gigabytes(value):
    """Memory."""
    return f"{value / 1e9:.2f} GB"
