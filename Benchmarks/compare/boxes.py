"""One box for each object, without adaptation: Dice of the answer beside Dice of the box and of the ellipse that fills it.

    python3 boxes.py --graft G --weights W --test DIR --work DIR [--threads N] [-- ARGUMENTS OF PREDICT]

An object is a component (corners connect) of a class in a slice, of 10 pixels or more; its box is the tight one. The model
sees the slice as colours, the 0.5th to 99.5th percentile of the volume's body as 0 to 255. The means over all objects are
printed as one JSON object.
"""

import argparse
import json
import statistics
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
from PIL import Image
from scipy import ndimage

import slices

SMALLEST = 10


def coloured(volumes):
    """The slices of a case as bytes [D, H, W] or [D, H, W, 3]; the third of two channels is their mean."""
    shares = [stretched(volume) for volume in volumes]
    if len(shares) == 2:
        shares.append((shares[0] + shares[1]) / 2)
    together = shares[0] if len(shares) == 1 else numpy.stack(shares, axis=-1)
    return (together * 255).round().astype(numpy.uint8)


def stretched(volume):
    """A volume between 0 and 1."""
    low, high = numpy.percentile(volume[slices.body(volume)], [0.5, 99.5])
    return ((volume - low) / (high - low)).clip(0, 1)


def objects(labels):
    """The objects of a slice: where each is as rows and columns, and which pixels of the slice it has."""
    for value in numpy.unique(labels[labels > 0]):
        parts, _ = ndimage.label(labels == value, numpy.ones((3, 3)))
        for number, place in enumerate(ndimage.find_objects(parts), 1):
            mask = parts == number
            if mask.sum() >= SMALLEST:
                yield place, mask


def filled(place, shape):
    """The box and the ellipse that fills it, as masks of a slice."""
    box, ellipse = numpy.zeros(shape, bool), numpy.zeros(shape, bool)
    box[place] = True
    offsets = [(numpy.arange(side.start, side.stop) + 0.5 - (side.start + side.stop) / 2) * 2 / (side.stop - side.start)
               for side in place]
    ellipse[place] = offsets[0][:, None] ** 2 + offsets[1][None] ** 2 <= 1
    return box, ellipse


def dice(first, second):
    """The Dice coefficient of two masks that are not both empty."""
    return 2 * numpy.count_nonzero(first & second) / (numpy.count_nonzero(first) + numpy.count_nonzero(second))


class Asked:
    """Objects of the test slices, each asked for by its box."""

    def __init__(self, options):
        self.options = options

    def answers(self, folder, name):
        """Calls to be made for the objects of a case."""
        pictures = coloured(slices.channels(folder, name))
        labels = slices.labels(slices.label_file(folder, name))
        for number in range(len(labels)):
            found = list(objects(labels[number]))
            if not found:
                continue
            picture = self.options.work / f"{name}-{number}.png"
            Image.fromarray(pictures[number]).save(picture)
            for index, (place, mask) in enumerate(found):
                yield picture, index, place, mask

    def scores(self, call):
        """Dice of the answer, the box and the ellipse."""
        picture, index, place, mask = call
        out = picture.with_name(f"{picture.stem}-mask-{index}.png")
        rows, columns = place
        edges = f"{columns.start},{rows.start},{columns.stop},{rows.stop}"
        subprocess.run(
            [self.options.graft, "predict", "--weights", self.options.weights, picture, "--box", edges, "--out", out,
             "--threads", "1", *self.options.arguments], check=True, stdout=subprocess.DEVNULL)
        answer = numpy.asarray(Image.open(out)) > 0
        out.unlink()
        return [dice(found, mask) for found in [answer, *filled(place, mask.shape)]]


def parsed():
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--graft", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--test", type=Path, required=True, help="the cases, a folder with images/ and labels/")
    parser.add_argument("--work", type=Path, required=True, help="a folder for pictures")
    parser.add_argument("--threads", type=int, default=1, help="how many slices are asked about at a time")
    parser.add_argument("arguments", nargs="*")
    return parser.parse_args()


def main():
    """Asks for every object and prints the means."""
    options = parsed()
    asked = Asked(options)
    calls = (call for name in slices.names(options.test) for call in asked.answers(options.test, name))
    with ThreadPoolExecutor(options.threads) as workers:
        found = list(workers.map(asked.scores, calls))
    means = [statistics.mean(values) for values in zip(*found)]
    print(json.dumps({"objects": len(found), **dict(zip(["answer", "box", "ellipse"], means))}))


if __name__ == "__main__":
    main()
