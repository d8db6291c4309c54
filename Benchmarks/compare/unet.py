"""A 2-D U-Net trained from scratch on exemplars: what few_shot.py sets graft's recipes beside.

    python3 unet.py hippocampus --train DIR --test DIR --out OUT [--seconds S] [--seed N]

DIR holds images/ and labels/ as `graft unpack --format nii.gz` writes them; of the test labels only the grid is used.
OUT/masks gets the masks, OUT/largest the same with the largest component of each class alone; what it took is printed as one
JSON object. The network is MONAI's BasicUNet of 1.1 million parameters on axial slices at their own resolution, one thread,
products in bfloat16, AdamW, cross entropy and Dice. Training ends after so many **processor** seconds, which a busy machine
stretches far less than those of the clock.
"""

import os

for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"

import argparse
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy
import torch
from monai.losses import DiceCELoss
from monai.networks.nets import BasicUNet
from scipy import ndimage
from torch.nn import functional

import slices

FEATURES = (24, 24, 48, 96, 192, 24)
RATE = 2e-3
LABELLED = 0.8
DIVISOR = 16


@dataclass
class Setting:
    """How a task is trained: processor seconds, slices a step, mirroring, a side to resize to, whether margins are cut off."""

    seconds: float
    batch: int
    flips: bool = True
    side: int | None = None
    crops: bool = False


SETTINGS = {
    "hippocampus": Setting(150, 24, flips=False),
    "brats": Setting(300, 6, crops=True),
    "figshare": Setting(270, 4, side=256),
}


class Case:
    """The slices of a case [D, C, H, W], mean 0 and deviation 1 in the body, and how an answer gets back into its grid."""

    def __init__(self, folder, name, setting):
        self.name = name
        self.file = slices.label_file(folder, name)
        volumes = slices.channels(folder, name)
        self.shape = volumes[0].shape
        self.box = body_box(volumes[0]) if setting.crops else (slice(None), slice(None))
        images = torch.from_numpy(numpy.stack([standardised(volume)[:, *self.box] for volume in volumes], axis=1))
        self.cut = images.shape[2:]
        if setting.side:
            images = functional.interpolate(images, (setting.side, setting.side), mode="bilinear", antialias=True)
        self.images = images

    def labels(self):
        """The labels [D, H, W] in the slices' grid."""
        values = torch.from_numpy(slices.labels(self.file)[:, *self.box].astype(numpy.float32))
        resized = functional.interpolate(values[:, None], self.images.shape[2:], mode="nearest-exact")
        return resized[:, 0].long()

    def restored(self, logits):
        """The classes [D, H, W] in the case's own grid from logits [D, K, h, w]."""
        found = functional.interpolate(logits, self.cut, mode="bilinear") if logits.shape[2:] != self.cut else logits
        classes = numpy.zeros(self.shape, numpy.uint8)
        classes[:, *self.box] = found.argmax(1).numpy()
        return classes

    def write(self, classes, folder):
        """Writes classes [D, H, W] as a mask in the grid of the case's labels."""
        folder.mkdir(parents=True, exist_ok=True)
        values = slices.from_slices(classes, self.file.shape)
        nibabel.save(nibabel.Nifti1Image(values, self.file.affine), folder / f"{self.name}{slices.ENDING}")


def standardised(volume):
    """A volume with mean 0 and deviation 1 over the body."""
    values = volume[slices.body(volume)]
    return (volume - values.mean()) / values.std()


def body_box(volume):
    """The rows and columns the body takes in any slice."""
    shadow = slices.body(volume).any(axis=0)
    places = [numpy.flatnonzero(shadow.any(axis=axis)) for axis in [1, 0]]
    return tuple(slice(int(at[0]), int(at[-1]) + 1) for at in places)


def padded(images, height, width):
    """Images [..., h, w] filled up at the end of both axes with the values of their edge."""
    rows, columns = height - images.shape[-2], width - images.shape[-1]
    return functional.pad(images, (0, columns, 0, rows), mode="replicate")


def padded_labels(labels, height, width):
    """Labels [..., h, w] filled up with background."""
    return functional.pad(labels, (0, width - labels.shape[-1], 0, height - labels.shape[-2]))


def whole(extent):
    """The next extent that can be halved four times."""
    return max(2 * DIVISOR, -(-extent // DIVISOR) * DIVISOR)


def uniform(count, low, high):
    """Random numbers [count, 1, 1, 1]."""
    return low + (high - low) * torch.rand(count, 1, 1, 1)


def warped(images, labels, flips):
    """Images and labels turned, scaled, shifted, bent and mirrored, each by itself."""
    count, _, height, width = images.shape
    angle = uniform(count, -math.pi / 9, math.pi / 9).flatten()
    scale = torch.exp(uniform(count, -0.22, 0.22)).flatten()
    mirror = 1 - 2 * torch.randint(0, 2, (count, 2)) if flips else torch.ones(count, 2)
    cosine, sine = angle.cos() / scale, angle.sin() / scale
    matrix = torch.empty(count, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = cosine, -sine * height / width
    matrix[:, 1, 0], matrix[:, 1, 1] = sine * width / height, cosine
    matrix[:, :, :2] *= mirror[:, None]
    matrix[:, :, 2] = uniform(2 * count, -0.2, 0.2).view(count, 2)
    grid = functional.affine_grid(matrix, [count, 1, height, width], align_corners=False)
    knots = torch.randn(count, 2, 7, 7) * uniform(count, 0, 0.05)
    bent = functional.interpolate(knots, (height, width), mode="bicubic").permute(0, 2, 3, 1)
    moved = functional.grid_sample(images, grid + bent, padding_mode="border", align_corners=False)
    classes = functional.grid_sample(labels[:, None].float(), grid + bent, mode="nearest", align_corners=False)
    return moved, classes.long()


def recoloured(images):
    """Images with another gamma and noise."""
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    span = (high - low).clamp(min=1e-3)
    gamma = torch.exp(uniform(len(images), -0.4, 0.4))
    changed = ((images - low) / span).clamp(0, 1) ** gamma * span + low
    return changed + torch.randn_like(images) * uniform(len(images), 0, 0.15)


class Exemplars:
    """The slices of all exemplars in one size; four of five that are drawn have a label."""

    def __init__(self, cases):
        labels = [case.labels() for case in cases]
        height, width = (whole(max(case.images.shape[axis] for case in cases)) for axis in [2, 3])
        self.images = torch.cat([padded(case.images, height, width) for case in cases])
        self.labels = torch.cat([padded_labels(one, height, width) for one in labels])
        has_label = self.labels.flatten(1).any(1)
        self.labelled, self.empty = has_label.nonzero().flatten(), (~has_label).nonzero().flatten()

    def batch(self, count, flips):
        """Random slices [B, C, H, W], changed at random, with their classes [B, 1, H, W]."""
        pick = self.labelled[torch.randint(len(self.labelled), (count,))]
        if len(self.empty):
            others = self.empty[torch.randint(len(self.empty), (count,))]
            pick = torch.where(torch.rand(count) < LABELLED, pick, others)
        images, labels = warped(self.images[pick], self.labels[pick], flips)
        return recoloured(images), labels


def trained(exemplars, setting, seconds):
    """A network after so many processor seconds of training, and its steps."""
    channels, classes = exemplars.images.shape[1], int(exemplars.labels.max()) + 1
    network = BasicUNet(spatial_dims=2, in_channels=channels, out_channels=classes, features=FEATURES)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE)
    loss = DiceCELoss(softmax=True, to_onehot_y=True, include_background=False, batch=True)
    start, spent, steps = time.process_time(), 0, 0
    while spent < seconds:
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - spent / seconds) ** 0.9
        images, labels = exemplars.batch(setting.batch, setting.flips)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(images)
        optimizer.zero_grad(set_to_none=True)
        loss(logits.float(), labels).backward()
        optimizer.step()
        steps += 1
        spent = time.process_time() - start
    return network.eval(), steps


def predicted(network, case):
    """The classes [D, H, W] of a case."""
    height, width = case.images.shape[2:]
    images = padded(case.images, whole(height), whole(width))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        logits = torch.cat([network(part).float() for part in images.split(8)])
    return case.restored(logits[..., :height, :width])


def largest(classes):
    """The classes with the largest component of each alone; corners connect, as graft's do."""
    kept = numpy.zeros_like(classes)
    for value in numpy.unique(classes[classes > 0]):
        parts, _ = ndimage.label(classes == value, numpy.ones((3, 3, 3)))
        sizes = numpy.bincount(parts.ravel())
        sizes[0] = 0
        kept[parts == sizes.argmax()] = value
    return kept


def cases(folder, setting):
    """The cases of an unpacked folder."""
    return [Case(folder, name, setting) for name in slices.names(folder)]


def parsed():
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=list(SETTINGS))
    parser.add_argument("--train", type=Path, required=True, help="the exemplars, a folder with images/ and labels/")
    parser.add_argument("--test", type=Path, required=True, help="the cases to predict, likewise")
    parser.add_argument("--out", type=Path, required=True, help="the folder that gets the masks")
    parser.add_argument("--seconds", type=float, help="processor seconds of training; the task's own where not given")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    """Trains, predicts, writes the masks and prints what it took."""
    options = parsed()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    setting = SETTINGS[options.task]
    exemplars = Exemplars(cases(options.train, setting))
    start = time.time(), time.process_time()
    network, steps = trained(exemplars, setting, options.seconds or setting.seconds)
    middle = time.time(), time.process_time()
    for case in cases(options.test, setting):
        classes = predicted(network, case)
        case.write(classes, options.out / "masks")
        case.write(largest(classes), options.out / "largest")
    end = time.time(), time.process_time()
    print(json.dumps({
        "steps": steps, "tune": {"wall": middle[0] - start[0], "cpu": middle[1] - start[1]},
        "predict": {"wall": end[0] - middle[0], "cpu": end[1] - middle[1]}}))


if __name__ == "__main__":
    main()
