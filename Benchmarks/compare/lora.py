"""Low-rank corrections in PyTorch, under the names graft gives them."""

import torch


class LowRankLinear(torch.nn.Module):
    """A frozen linear layer with corrections of some of its output columns."""

    def __init__(self, base, corrections):
        super().__init__()
        self.base = base
        self.columns = [column for column, _, _ in corrections]
        self.down = torch.nn.ParameterList([torch.nn.Parameter(a) for _, a, _ in corrections])
        self.up = torch.nn.ParameterList([torch.nn.Parameter(b) for _, _, b in corrections])

    def forward(self, x):
        y = self.base(x)
        if len(self.columns) == 1 and self.up[0].shape[0] == y.shape[-1]:
            return y + (x @ self.down[0].T) @ self.up[0].T
        for column, a, b in zip(self.columns, self.down, self.up):
            y[..., column:column + b.shape[0]] += (x @ a.T) @ b.T
        return y


def inject(module, path, learning):
    """Puts the corrections of `learning` whose names begin with `path` in their places; returns the parameters."""
    prefixes = {name.rsplit(".lora_", 1)[0] for name in learning if ".lora_" in name and name.startswith(path)}
    sites = {}
    for prefix in sorted(prefixes):
        layer, column = site(prefix)
        sites.setdefault(layer[len(path):], []).append((column, prefix))
    parameters = []
    for layer, found in sites.items():
        base = module.get_submodule(layer)
        pairs = [(column * base.out_features // 3, learning[f"{prefix}.lora_A"], learning[f"{prefix}.lora_B"])
                 for column, prefix in found]
        corrected = LowRankLinear(base, pairs)
        parent, _, name = layer.rpartition(".")
        setattr(module.get_submodule(parent), name, corrected)
        parameters += [*corrected.down, *corrected.up]
    return parameters


def site(prefix):
    """The layer a correction belongs to, and in which third of its outputs."""
    if prefix.endswith(".qkv.q"):
        return prefix[:-2], 0
    if prefix.endswith(".qkv.v"):
        return prefix[:-2], 2
    return prefix, 0
