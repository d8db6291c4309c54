"""Writes operations.h5 and unet.h5 beside this script: what PyTorch and MONAI make of the same numbers.

    OMP_NUM_THREADS=1 python3 make.py

The U-Net is MONAI's own BasicUNet; its weights follow from the formula of ../vit-b-formula, so that the file need not hold
them. Images are channel-last in the files, as graft has them.
"""

from pathlib import Path

import h5py
import numpy
import torch
from monai.networks.nets import BasicUNet
from torch.nn import functional

HERE = Path(__file__).parent
FEATURES = (24, 24, 48, 96, 192, 24)
CLASSES = 3
STEPS = 6
RATE = 2e-3
MASK = (1 << 64) - 1


def formula(name, shape):
    """One tensor of ../vit-b-formula: center + scale · x, x in [-1, 1) the mixed hash of name and position."""
    if name.endswith(".bias"):
        center, scale = 0.0, 0.02
    elif len(shape) == 1:
        center, scale = 1.0, 0.1
    else:
        center, scale = 0.0, (3 / int(numpy.prod(shape[1:]))) ** 0.5
    start = 0xCBF29CE484222325
    for byte in name.encode():
        start = ((start ^ byte) * 0x100000001B3) & MASK
    step = 0x9E3779B97F4A7C15
    with numpy.errstate(over="ignore"):
        index = numpy.arange(int(numpy.prod(shape)), dtype=numpy.uint64) + numpy.uint64(1)
        z = numpy.uint64((start + step) & MASK) + index * numpy.uint64(step)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = z ^ (z >> numpy.uint64(31))
    x = (z >> numpy.uint64(40)).astype(numpy.float64) / 8388608 - 1
    return torch.from_numpy((center + scale * x).astype(numpy.float32).reshape(shape))


def last(x):
    """A batch of images with the channels last."""
    return x.detach().permute(0, 2, 3, 1).contiguous().numpy()


def write(group, inputs, output, cotangent, images):
    """One operation: its inputs, value, cotangent and gradients; `images` are the names of inputs that are images."""
    output.backward(cotangent)
    for name, value in inputs.items():
        shown = last if name in images else lambda x: x.detach().numpy()
        group[name] = shown(value)
        group[f"d{name}"] = shown(value.grad)
    group["y"], group["dy"] = last(output), last(cotangent)


def operations(file):
    """Each operation on random numbers, at extents that are no multiple of a vector's."""
    torch.manual_seed(61)

    def numbers(*shape):
        return torch.randn(shape).requires_grad_()

    for channels, outputs, rows, columns in [(3, 24, 6, 8), (17, 5, 3, 4), (20, 35, 2, 3)]:
        inputs = {"x": numbers(2, channels, rows, columns), "weight": numbers(outputs, channels, 3, 3), "bias": numbers(outputs)}
        y = functional.conv2d(inputs["x"], inputs["weight"], inputs["bias"], padding=1)
        write(file.create_group(f"convolution/{channels}_{outputs}"), inputs, y, torch.randn_like(y), {"x"})

    inputs = {"x": numbers(2, 5, 3, 4), "weight": numbers(5, 7, 2, 2), "bias": numbers(7)}
    y = functional.conv_transpose2d(inputs["x"], inputs["weight"], inputs["bias"], stride=2)
    write(file.create_group("transposed"), inputs, y, torch.randn_like(y), {"x"})

    inputs = {"x": numbers(2, 19, 4, 6), "weight": numbers(19), "bias": numbers(19)}
    y = functional.leaky_relu(functional.instance_norm(inputs["x"], weight=inputs["weight"], bias=inputs["bias"]), 0.1)
    write(file.create_group("instance_norm"), inputs, y, torch.randn_like(y), {"x"})

    inputs = {"x": numbers(2, 5, 4, 6)}
    y = functional.max_pool2d(inputs["x"], 2)
    write(file.create_group("max_pool"), inputs, y, torch.randn_like(y), {"x"})

    inputs = {"x": numbers(2, 3, 5, 4)}
    y = functional.interpolate(inputs["x"], (11, 16), mode="bilinear", align_corners=False)
    group = file.create_group("resized")
    y.backward(cotangent := torch.randn_like(y))
    for name, value in {"x": inputs["x"], "dx": inputs["x"].grad, "y": y, "dy": cotangent}.items():
        group[name] = value.detach().numpy()


def loss(logits, labels):
    """0.2 cross entropy and 0.8 Dice over all classes, as in ../training."""
    p = logits.softmax(1)
    y = functional.one_hot(labels, CLASSES).permute(0, 3, 1, 2).to(p.dtype)
    axes = (0, 2, 3)
    ratio = (2 * (p * y).sum(axes) + 1e-5) / ((p * p).sum(axes) + (y * y).sum(axes) + 1e-5)
    return 0.2 * functional.cross_entropy(logits, labels) + 0.8 * (1 - ratio).mean()


def network_of(precision):
    """MONAI's network with the formula's weights."""
    network = BasicUNet(spatial_dims=2, in_channels=3, out_channels=CLASSES, features=FEATURES)
    network.load_state_dict({name: formula(name, tuple(value.shape)) for name, value in network.state_dict().items()})
    return network.to(precision)


def trained(network, images, labels):
    """The losses of a few steps of AdamW."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.01)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(network(images), labels)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


def unet(file):
    """Logits, the norms of all gradients, some gradients whole, and the losses of a few steps, in float64 too."""
    torch.manual_seed(62)
    network = network_of(torch.float32)
    images = torch.randn(2, 3, 32, 48)
    labels = (functional.avg_pool2d(images[:, 0], 9, 1, 4) > 0).long() + (images[:, 1, :, :].mean(2, True) > 0.1).long()
    file["image"], file["label"] = images.numpy(), labels.numpy().astype(numpy.uint8)
    file["parameters"] = sum(p.numel() for p in network.parameters())
    logits = network(images)
    file["logits"] = logits.detach().numpy()
    loss(logits, labels).backward()
    gradients = {name: p.grad for name, p in network.named_parameters()}
    file["norms/name"] = [name.encode() for name in gradients]
    file["norms/l2"] = [float(g.double().norm()) for g in gradients.values()]
    for name, gradient in gradients.items():
        if gradient.numel() < 1000 and not name.endswith("conv.bias"):
            file[f"gradients/{name}"] = gradient.numpy()
    file["losses"] = trained(network, images, labels)
    file["losses_float64"] = trained(network_of(torch.float64), images.double(), labels)


torch.set_num_threads(1)
with h5py.File(HERE / "operations.h5", "w", libver="earliest") as file:
    operations(file)
with h5py.File(HERE / "unet.h5", "w", libver="earliest") as file:
    unet(file)
