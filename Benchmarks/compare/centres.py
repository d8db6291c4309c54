"""Scans of several centres in one folder that `graft pack --dataset centres.yaml` reads.

    python3 Benchmarks/compare/centres.py real --data DATA --out FOLDER
    python3 Benchmarks/compare/centres.py generated --scans SCANS --out FOLDER

`real`: tumours in T1 with contrast agent of BraTS 2013 (the core: that modality hardly shows the oedema), of pyradiomics'
two brains, and of J. Cheng's slices; of each volume the slices with tumour and two on either side. `generated`: the scans of `graft demo` (its brain/scans), each as one of three
synthetic centres sees it: `plain` as it is, `contrast` with other intensities (gamma and channels' gains), and `coarse` with
half the resolution and a bias field. Needs numpy, scipy and nibabel; `real` also SimpleITK and pillow.
"""

import argparse
import pathlib

import nibabel
import numpy
from scipy import ndimage

DESCRIPTOR = """title: {title}
source: {source}
licence: {licence}

layout:
  images: "images/{{case}}.nii.gz"
  labels: "labels/{{case}}.nii.gz"

labels:
  structures:
    classes: {{{classes}}}

centre:
  name: ["{{centre}}_*"]

protocol:
  recipe: {{image.normalise: percentile}}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    real = kinds.add_parser("real")
    real.add_argument("--data", type=pathlib.Path, required=True)
    generated = kinds.add_parser("generated")
    generated.add_argument("--scans", type=pathlib.Path, required=True)
    for kind in (real, generated):
        kind.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    for name in ("images", "labels"):
        (options.out / name).mkdir(parents=True, exist_ok=True)
    write_real(options.data, options.out) if options.kind == "real" else write_generated(options.scans, options.out)


def write(out, name, image, label, affine):
    """One case; the image [x, y, z] or, with channels, [x, y, z, c]."""
    nibabel.save(nibabel.Nifti1Image(image.astype(numpy.float32), affine), out / "images" / f"{name}.nii.gz")
    nibabel.save(nibabel.Nifti1Image(label.astype(numpy.uint8), affine), out / "labels" / f"{name}.nii.gz")


def describe(out, classes, **words):
    (out / "centres.yaml").write_text(DESCRIPTOR.format(classes=classes, **words))


def write_real(data, out):
    for folder in sorted((data / "brats2013").glob("brats_2013_*")):
        image, label = nibabel.load(next(folder.glob("T1c*"))), nibabel.load(folder / "OTMultiClass.nii.gz")
        core = numpy.isin(label.get_fdata(), (1, 3, 4))
        write_volume(out, f"brats_{folder.name[14:18]}", image.get_fdata(), core, image.affine)
    for file in sorted((data / "brain-mr" / "pyradiomics").glob("*_image.nrrd")):
        image, affine = nrrd(file)
        label, _ = nrrd(file.with_name(file.name.replace("image", "label")))
        write_volume(out, f"pyradiomics_{file.name[:6]}", image, label > 0, affine)
    for file in sorted((data / "figshare-brain-tumour" / "images").glob("*.png")):
        image = picture(file)
        label = picture(file.parent.parent / "masks" / f"{file.stem}_mask.png") > 0
        write(out, f"figshare_{file.stem}", image[..., None], label[..., None], numpy.diag([-0.5, -0.5, 6, 1]))
    describe(
        out, "tumour: 1", title="Brain tumours in T1 with contrast agent, of three centres",
        source="BraTS 2013, pyradiomics and figshare 1512427",
        licence="CC BY-NC-SA 3.0 (BraTS), BSD-3-Clause (pyradiomics), CC BY 4.0 (figshare)")


def write_volume(out, name, image, label, affine):
    """The slices with a label and two on either side."""
    found = numpy.flatnonzero(label.any(axis=(0, 1)))
    first, last = max(0, found[0] - 2), min(label.shape[2], found[-1] + 3)
    moved = affine.copy()
    moved[:3, 3] += affine[:3, 2] * first
    write(out, name, image[..., first:last], label[..., first:last], moved)


def nrrd(file):
    """The voxels [x, y, z] and the RAS affine of a .nrrd in LPS."""
    import SimpleITK

    image = SimpleITK.ReadImage(str(file))
    directions = numpy.array(image.GetDirection()).reshape(3, 3) * numpy.array(image.GetSpacing())
    affine = numpy.eye(4)
    affine[:3, :3], affine[:3, 3] = directions, image.GetOrigin()
    return SimpleITK.GetArrayFromImage(image).transpose(2, 1, 0), numpy.diag([-1, -1, 1, 1]) @ affine


def picture(file):
    """A gray picture [x, y] from its rows."""
    from PIL import Image

    return numpy.asarray(Image.open(file).convert("L")).T.astype(numpy.float32)


def write_generated(scans, out):
    files = sorted((scans / "labels").glob("*.nii.gz"))
    centres = [("plain", lambda image, seed: image), ("contrast", contrast), ("coarse", coarse)]
    for index, file in enumerate(files):
        label, name = nibabel.load(file), file.name.removesuffix(".nii.gz")
        channels = sorted((scans / "images").glob(f"{name}_[0-9][0-9][0-9][0-9].nii.gz")) or [
            scans / "images" / file.name]
        volumes = [nibabel.load(channel).get_fdata() for channel in channels]
        image = numpy.concatenate([v if v.ndim == 4 else v[..., None] for v in volumes], axis=-1)
        centre, seen = centres[index % len(centres)]
        write(out, f"{centre}_{name}", seen(image, index), label.get_fdata(), label.affine)
    classes = numpy.unique(numpy.concatenate([numpy.unique(nibabel.load(file).get_fdata()) for file in files]))
    describe(
        out, ", ".join(f"part {int(value)}: {int(value)}" for value in classes if value > 0),
        title="Synthetic scans of a generated brain, of three synthetic centres", source="graft demo",
        licence="Apache-2.0")


def contrast(image, seed):
    """Other intensities: each channel raised to a power of its own and scaled, the background kept at 0."""
    top = image.max(axis=(0, 1, 2), keepdims=True)
    return top * (image / top).clip(0) ** numpy.array([1.8, 0.6, 0.55, 1.6])[: image.shape[-1]]


def coarse(image, seed):
    """Half the resolution in the slice, noise, and a smooth bias field of 40 %."""
    random = numpy.random.default_rng(seed)
    blurred = ndimage.gaussian_filter(image, (1.2, 1.2, 0, 0))
    low = ndimage.zoom(blurred, (0.5, 0.5, 1, 1), order=1)
    back = ndimage.zoom(low, [a / b for a, b in zip(image.shape, low.shape)], order=1)
    places = numpy.meshgrid(*[numpy.linspace(-1, 1, n) for n in image.shape[:3]], indexing="ij")
    slope = random.normal(size=3)
    bias = 1 + 0.4 * sum(s * p for s, p in zip(slope / numpy.linalg.norm(slope), places))
    noise = random.normal(scale=0.03 * image.std(), size=image.shape)
    return numpy.where(image > 0, back * bias[..., None] + noise, 0)


if __name__ == "__main__":
    main()
