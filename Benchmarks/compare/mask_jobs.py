"""Dice and HD95 of a pair of masks by MedPy, MONAI and SciPy."""

import numpy

from session import serve

SPACING = (2.5, 0.8, 0.8)


def evaluate(options):
    """Dice and HD95 by one of the three; the masks are in memory."""
    prediction, reference = (
        numpy.load(f"{options.data}/{name}.npy").astype(bool) for name in ["prediction", "reference"])
    measure = {"medpy": with_medpy, "monai": with_monai, "scipy": with_scipy}[options.peer](prediction, reference)
    serve(lambda: dict(zip(["dice", "hd95"], measure())))


def with_medpy(prediction, reference):
    """MedPy: the 95th percentile of both directions together."""
    from medpy.metric.binary import dc, hd95

    return lambda: (float(dc(prediction, reference)), float(hd95(prediction, reference, SPACING)))


def with_monai(prediction, reference):
    """MONAI: the larger of the two directions' 95th percentiles."""
    import torch
    from monai.metrics import compute_dice, compute_hausdorff_distance

    pair = [torch.from_numpy(mask)[None, None].float() for mask in [prediction, reference]]

    def measure():
        distance = compute_hausdorff_distance(*pair, percentile=95, spacing=SPACING, include_background=True)
        return compute_dice(*pair, include_background=True).item(), distance.item()

    return measure


def with_scipy(prediction, reference):
    """MedPy's formula on the box that holds both masks, with NumPy and SciPy."""
    return lambda: (dice(prediction, reference), cropped_hd95(prediction, reference))


def dice(prediction, reference):
    """The Dice coefficient."""
    both = numpy.count_nonzero(prediction & reference)
    return 2 * both / (numpy.count_nonzero(prediction) + numpy.count_nonzero(reference))


def cropped_hd95(prediction, reference):
    """The 95th percentile of the surface distances of both directions."""
    either = prediction | reference
    box = []
    for axis in range(either.ndim):
        others = tuple(k for k in range(either.ndim) if k != axis)
        places = numpy.flatnonzero(either.any(axis=others))
        box.append(slice(max(places[0] - 1, 0), places[-1] + 2))
    first, second = surface(prediction[tuple(box)]), surface(reference[tuple(box)])
    return float(numpy.percentile(numpy.hstack([distances(first, second), distances(second, first)]), 95))


def surface(mask):
    """The voxels that one erosion removes."""
    from scipy.ndimage import binary_erosion, generate_binary_structure

    return mask & ~binary_erosion(mask, generate_binary_structure(mask.ndim, 1))


def distances(of, to):
    """The distances of the voxels of one set to the nearest of another."""
    from scipy.ndimage import distance_transform_edt

    return distance_transform_edt(~to, sampling=SPACING)[of]
