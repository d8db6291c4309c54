"""The cases of a folder that `graft unpack --format nii.gz` wrote, as axial slices."""

import nibabel
import numpy

ENDING = ".nii.gz"


def names(folder):
    """The names of the cases, sorted."""
    return sorted(file.name.removesuffix(ENDING) for file in (folder / "labels").glob(f"*{ENDING}"))


def channels(folder, name):
    """The volumes [D, H, W] of a case's channels."""
    single = folder / "images" / f"{name}{ENDING}"
    numbered = sorted((folder / "images").glob(f"{name}_[0-9][0-9][0-9][0-9]{ENDING}"))
    files = [single] if single.exists() else numbered
    return [in_slices(nibabel.load(file).get_fdata(dtype=numpy.float32)) for file in files]


def label_file(folder, name):
    """The file of a case's labels."""
    return nibabel.load(folder / "labels" / f"{name}{ENDING}")


def labels(file):
    """The labels [D, H, W] in a file."""
    return in_slices(numpy.asarray(file.dataobj))


def in_slices(values):
    """A volume [x, y, z] or picture [x, y] as axial slices [D, H, W]."""
    values = values if values.ndim == 3 else values[..., None]
    return numpy.ascontiguousarray(values.transpose(2, 1, 0))


def from_slices(slices, shape):
    """Axial slices [D, H, W] as a volume [x, y, z] or picture [x, y] of the given shape."""
    return slices.transpose(2, 1, 0).reshape(shape)


def body(volume):
    """The voxels of the body: all above the smallest value."""
    return volume > volume.min()
