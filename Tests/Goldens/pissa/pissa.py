"""Writes pissa.h5: a linear map with a PiSSA correction, restated in PyTorch.

Meng et al., PiSSA (2024), section 3: W = U diag(s) V; A = diag(sqrt(s_r)) V_r and B = U_r diag(sqrt(s_r)) of the first r
triples learn, over the frozen rest W - c B A. A scale c is taken out of both factors by its root. The sign of a triple is
the one that makes the largest element of its left vector positive. Float64, rounded to float32 where it is stored.
"""

import h5py
import torch

torch.manual_seed(20240611)
OUTPUTS, INPUTS, ROWS, RANK, SCALE = 10, 7, 4, 3, 0.5

weight = torch.randn(OUTPUTS, INPUTS).double()
x = torch.randn(ROWS, INPUTS).double().requires_grad_()
bias = torch.randn(OUTPUTS).double()

left, values, right = torch.linalg.svd(weight, full_matrices=False)
signs = torch.sign(left.gather(0, left.abs().argmax(0, keepdim=True)))
left, right = left * signs, right * signs.T
roots = (values[:RANK] / SCALE).sqrt()
start_a, start_b = roots[:, None] * right[:RANK], left[:, :RANK] * roots
rest = weight - SCALE * start_b @ start_a

a = (start_a + 0.1 * torch.randn(RANK, INPUTS)).float().double().requires_grad_()
b = (start_b + 0.1 * torch.randn(OUTPUTS, RANK)).float().double().requires_grad_()
y = x @ rest.T + bias + SCALE * (x @ a.T) @ b.T
cotangent = torch.randn(ROWS, OUTPUTS).double()
y.backward(cotangent)

stored = {
    "weight": weight, "bias": bias, "x": x, "start/a": start_a, "start/b": start_b, "moved/a": a,
    "moved/b": b, "y": y, "cotangent": cotangent, "gradient/a": a.grad, "gradient/b": b.grad,
    "gradient/x": x.grad,
}
with h5py.File("pissa.h5", "w", libver="earliest") as file:
    file.attrs["rank"], file.attrs["scale"] = RANK, SCALE
    for name, value in stored.items():
        file[name] = value.detach().float().numpy()
