"""The results of the few-shot comparison, as Markdown."""

import datetime
import statistics

import machine
from cells import SCRATCH
from tasks import TASKS

INTRODUCTION = """# Few exemplars of real scans

Written by `Benchmarks/compare/few_shot.py`; [README.md](README.md#few-exemplars) says how it is measured. All methods see the
same exemplars and the same test cases, and `graft evaluate` gives all figures: Dice and HD95 (both directions pooled), means
over cases, then classes, then over the choices of exemplars and the seeds, ± the standard deviation over these; in brackets,
over how many. graft's budgets are counts of steps, the U-Net's is processor seconds on one thread. "never trained" is the same
network as it is initialised, adapted in the same way: what it reaches is not due to pretraining."""


def report(found, recipes, bundled, never, python):
    """The whole page; `found` has (cell, result) by name."""
    table = Table(list(found.values()), recipes, bundled, never)
    return "\n\n".join([
        INTRODUCTION, tasks(), surroundings(python),
        "## With the largest component of each class", table.scores("largest"),
        "## With all components", table.scores("masks"),
        "## Bundled weights minus never-trained ones\n\nDice with the largest component, of runs that differ in their weights only.",
        table.differences(),
        "## One box for each object, without adaptation\n\nMean Dice over the objects of the test slices (10 pixels or more). "
        "The box and the ellipse that fills it know no image.",
        table.boxes(),
        "## What it took\n\nSeconds on the clock and of processor time, embeddings included; predicting covers all test cases.",
        table.seconds()]) + "\n"


def tasks():
    """What the tasks are."""
    lines = []
    for task in TASKS:
        ranges = "; ".join(f"{chosen.start + 1} to {chosen.stop}" for chosen in task.exemplars)
        lines.append(f"- **{task.name}**: {task.title}. Exemplars by the order of names: {ranges}. HD95 in {task.unit}.")
    return "\n".join(lines)


def surroundings(python):
    """What it ran on."""
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return f"Processor: {machine.processor()}. graft: commit {machine.commit()}. Peers: {machine.versions(python)}. Written: {date}."


class Table:
    """The tables of some results [(cell, result)]."""

    def __init__(self, found, recipes, bundled, never):
        self.found = found
        self.recipes = recipes
        self.bundled = bundled
        self.never = never

    def rows(self):
        """The methods with their weights, and the recipe where the row is to reach something."""
        yield "unet", SCRATCH, {}
        for recipe in self.recipes:
            yield recipe["name"], self.bundled, recipe
            yield recipe["name"], self.never, {}

    def of(self, task, method, weights):
        """The results of a method with its weights on a task."""
        return [result for cell, result in self.found
                if cell.task is task and cell.method_name == method and cell.weights == weights]

    def scores(self, kind):
        """Dice and HD95 of all methods."""
        header = ["method", "weights"] + [f"{task.name}: {measure}" for task in TASKS for measure in ["Dice", f"HD95 ({task.unit})"]]
        lines = []
        for method, weights, recipe in self.rows():
            line = [method, weights]
            for task in TASKS:
                results = [result[kind] for result in self.of(task, method, weights)]
                least, most = recipe.get("asked", {}).get(task.name, (None, None)) if kind == "largest" else (None, None)
                dice, distance = ([one[key] for one in results if one[key] is not None] for key in ["dice", "hd95"])
                undefined = sum(one["hd95 undefined"] for one in results)
                line += [spread(dice, 3) + verdict(dice, least, "≥", 2),
                         spread(distance, 2) + verdict(distance, most, "≤", 1) + (f"; {undefined} undefined" if undefined else "")]
            lines.append(line)
        return markdown(header, lines)

    def differences(self):
        """The paired differences of the two weights."""
        header = ["method"] + [task.name for task in TASKS]
        lines = []
        for recipe in self.recipes:
            line = [recipe["name"]]
            for task in TASKS:
                pairs = self.pairs(task, recipe["name"])
                least = recipe.get("asked_difference", {}).get(task.name)
                above = f"; above 0 in {sum(one > 0 for one in pairs)}" if pairs else ""
                line.append(spread(pairs, 3, sign="+") + above + verdict(pairs, least, "≥", 2))
            lines.append(line)
        return markdown(header, lines)

    def pairs(self, task, method):
        """The differences of Dice of the runs that differ in their weights alone."""
        dice = {(cell.choice, cell.seed, cell.weights): result["largest"]["dice"] for cell, result in self.found
                if cell.task is task and cell.method_name == method and cell.weights != SCRATCH}
        return [value - dice[choice, seed, self.never] for (choice, seed, weights), value in dice.items()
                if weights == self.bundled and (choice, seed, self.never) in dice]

    def boxes(self):
        """The answers to boxes."""
        header = ["task", "objects", "box", "ellipse", f"{self.bundled} weights", f"{self.never} weights"]
        lines = []
        for task in TASKS:
            found = {weights: self.of(task, "box", weights) for weights in [self.bundled, self.never]}
            some = next((results[0] for results in found.values() if results), None)
            if some:
                answers = [f"{results[0]['answer']:.3f}" if results else "-" for results in found.values()]
                lines.append([task.name, str(some["objects"]), f"{some['box']:.3f}", f"{some['ellipse']:.3f}", *answers])
        return markdown(header, lines)

    def seconds(self):
        """The seconds of training and predicting, clock / processor."""
        header = ["method", "weights", "threads"] + [f"{task.name}: {part}" for task in TASKS for part in ["tune", "predict"]]
        lines = []
        for method, weights, _ in self.rows():
            results = {task.name: self.of(task, method, weights) for task in TASKS}
            threads = sorted({one["threads"] for some in results.values() for one in some})
            line = [method, weights, ", ".join(map(str, threads)) or "-"]
            for task in TASKS:
                for part in ["tune", "predict"]:
                    took = [[one[part][clock] for one in results[task.name]] for clock in ["wall", "cpu"]]
                    line.append(" / ".join(f"{statistics.mean(some):.0f} s" for some in took if some) or "-")
            lines.append(line)
        return markdown(header, lines)


def spread(values, digits, sign=""):
    """A mean with its standard deviation and count."""
    if not values:
        return "-"
    mean = f"{statistics.mean(values):{sign}.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.{digits}f} ({len(values)})"


def verdict(values, bound, relation, digits):
    """Whether a mean keeps its bound."""
    if not values or bound is None:
        return ""
    mean = statistics.mean(values)
    is_met = mean >= bound if relation == "≥" else mean <= bound
    return f", {relation} {bound:.{digits}f} {'met' if is_met else '**missed**'}"


def markdown(header, lines):
    """A table."""
    if not lines:
        return "Not measured yet."
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *lines])
