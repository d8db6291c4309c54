"""A re-statement in PyTorch of the network that exemplars tell what to segment: its logits and gradients at a small size.

    python3 make.py

Writes example_sets.h5 beside itself. The model is sam-micro's, with the classes segment_anything has for its decoder and prompt
encoder; embeddings, classes, heads and low-rank corrections are seeded random numbers.
"""

import json
import sys
from pathlib import Path
from unittest.mock import MagicMock

import h5py
import numpy
import torch
import torch.nn.functional as functional
from safetensors.torch import load_file

for name in ["torchvision", "torchvision.transforms", "torchvision.transforms.functional", "torchvision.ops",
             "torchvision.ops.boxes"]:
    sys.modules.setdefault(name, MagicMock())
from segment_anything.modeling import MaskDecoder, PromptEncoder, TwoWayTransformer  # noqa: E402

HERE = Path(__file__).resolve().parent
MICRO = HERE.parent / "sam-micro"
CLASSES, QUERIES, RANK = 4, 3, 2
FLOOR, ABSENT, LEAST = 1e-3, -8.0, 1e-9
NEARNESS, DEPTH = 0.1, 0.1


def parts(weights, prefix):
    """The tensors of a module by their names in it."""
    return {name[len(prefix):]: value for name, value in weights.items() if name.startswith(prefix)}


def model(weights, width, grid, mlp, heads):
    """Prompt encoder and mask decoder."""
    encoder = PromptEncoder(width, (grid, grid), (16 * grid, 16 * grid), 16)
    encoder.load_state_dict(parts(weights, "prompt_encoder."))
    decoder = MaskDecoder(
        transformer_dim=width, num_multimask_outputs=3,
        transformer=TwoWayTransformer(depth=2, embedding_dim=width, num_heads=heads, mlp_dim=mlp),
        iou_head_hidden_dim=weights["mask_decoder.iou_prediction_head.layers.0.weight"].shape[0])
    decoder.load_state_dict(parts(weights, "mask_decoder."))
    return encoder, decoder


def corrected(weights):
    """The paths that are corrected, in official names."""
    found = []
    for name, value in weights.items():
        path, kind = name.rsplit(".", 1)
        inside = path.startswith("mask_decoder.transformer.") and value.dim() == 2
        hyper = path.startswith("mask_decoder.output_hypernetworks_mlps.") and value.dim() == 2
        convolution = path.startswith("prompt_encoder.mask_downscaling.") and value.dim() == 4
        if kind == "weight" and (inside or hyper or convolution):
            found.append(path)
    return found


class Network:
    """The network of exemplars."""

    def __init__(self, weights, grid, width, heads, lora, modules):
        self.grid, self.width, self.heads, self.lora = grid, width, heads, lora
        self.encoder, self.decoder = modules
        with_lora = dict(weights)
        for path in {name.rsplit(".", 1)[0] for name in lora}:
            base = weights[path + ".weight"]
            with_lora[path + ".weight"] = base + (lora[path + ".lora_B"] @ lora[path + ".lora_A"]).reshape(base.shape)
        self.weights = with_lora
        middles = (torch.arange(grid) + 0.5) / grid
        self.places = torch.stack(torch.meshgrid(middles, middles, indexing="ij"), -1).reshape(-1, 2)

    def call(self, module, prefix, *arguments):
        """A module with corrected weights."""
        return torch.func.functional_call(module, parts(self.weights, prefix), arguments)

    def cells(self, classes):
        """The 4 x 4 cells of each token, [tokens, classes, 16]."""
        hot = functional.one_hot(classes, CLASSES).float()
        return hot.reshape(self.grid, 4, self.grid, 4, CLASSES).permute(0, 2, 4, 1, 3).reshape(-1, CLASSES, 16)

    def recalled(self, query, place, exemplars, settings):
        """What each token of the query recalls of the exemplars' cells."""
        own = functional.normalize(query, dim=1) * self.width ** 0.5
        scores, cells = [], []
        distances = torch.cdist(self.places, self.places) ** 2
        for embedding, classes, other in exemplars:
            direction = functional.normalize(embedding, dim=1) * self.width ** 0.5
            alike = settings["sharpness"] * own @ self.heads["likeness.weight"].T @ direction.T
            near = settings["nearness"] * self.heads["distance.weight"] * distances / (2 * NEARNESS ** 2)
            deep = settings["depth"] * (place - other) ** 2 / (2 * DEPTH ** 2)
            scores.append(alike - near - deep)
            cells.append(self.cells(classes).reshape(-1, 16 * CLASSES))
        return torch.softmax(torch.cat(scores, 1), 1) @ torch.cat(cells)

    def tokens(self, query, exemplars, shares, present):
        """The tokens of each query, class by class, and what the query itself shows of each class."""
        embeddings = torch.cat([exemplar[0] for exemplar in exemplars])
        directions = functional.normalize(embeddings, dim=1) * self.width ** 0.5
        filled = torch.cat([self.cells(exemplar[1]).mean(2) for exemplar in exemplars])
        seen = []
        for look in self.heads["queries.weight"]:
            for value in present:
                weights = torch.softmax(directions @ look + filled[:, value].clamp(min=LEAST).log(), 0)
                seen.append(weights @ embeddings)
        own = (shares / (shares.sum(0) + 1e-6)).T.detach() @ query
        kinds = self.heads["kinds.weight"].repeat_interleave(len(present), 0)
        single = self.decoder.mask_tokens.weight[:1]
        return torch.cat([torch.stack(seen), own]) @ self.heads["token.weight"].T + kinds + single

    def __call__(self, query, place, exemplars, settings):
        """The logits [classes, 4g, 4g]."""
        grid, width = self.grid, self.width
        recalled = self.recalled(query, place, exemplars, settings).reshape(-1, CLASSES, 16)
        planes = recalled.reshape(grid, grid, CLASSES, 4, 4).permute(2, 0, 3, 1, 4).reshape(CLASSES, 4 * grid, 4 * grid)
        prior = self.heads["prior.weight"] * (planes + FLOOR).log()
        present = [value for value in range(CLASSES) if any((exemplar[1] == value).any() for exemplar in exemplars)]
        shares = recalled.mean(2)[:, present]
        tokens = self.tokens(query, exemplars, shares, present)
        count = len(present)
        foreground = (1 - planes[:1] + FLOOR).log() - (planes[:1] + FLOOR).log()
        marks = shares @ (tokens[:count] @ self.heads["dense.weight"].T)
        whole = downscaled(self, foreground[None])
        image = query.T.reshape(1, width, grid, grid) + whole + marks.T.reshape(1, width, grid, grid)
        all_tokens = torch.cat([self.decoder.iou_token.weight, tokens[:count], tokens[count:]])[None]
        hidden, source = self.call(
            self.decoder.transformer, "mask_decoder.transformer.", image, self.encoder.get_dense_pe(), all_tokens)
        upscaled = self.decoder.output_upscaling(source.transpose(1, 2).reshape(1, width, grid, grid))
        kernels = self.call(
            self.decoder.output_hypernetworks_mlps[0], "mask_decoder.output_hypernetworks_mlps.0.",
            hidden[:, 1:1 + count])
        answer = (kernels @ upscaled.flatten(2)).reshape(count, 4 * grid, 4 * grid)
        rows = []
        for value in range(CLASSES):
            if value in present:
                row = answer[present.index(value)] * self.heads["decoder.weight"] * settings["decoder"]
            else:
                row = torch.full_like(prior[0], ABSENT * settings["decoder"])
            rows.append(row.reshape(4 * grid, 4 * grid))
        return prior + torch.stack(rows)


def downscaled(network, logits):
    """The prompt encoder's mask path with corrected weights."""
    return network.call(network.encoder.mask_downscaling, "prompt_encoder.mask_downscaling.", logits)


def blobs(generator, side, values):
    """A label map of discs."""
    rows, columns = numpy.mgrid[:side, :side]
    labels = numpy.zeros((side, side), numpy.int64)
    for value in values:
        row, column, radius = generator.uniform(0.2, 0.8), generator.uniform(0.2, 0.8), generator.uniform(0.1, 0.25)
        labels[(rows / side - row) ** 2 + (columns / side - column) ** 2 < radius ** 2] = value
    return torch.tensor(labels)


def main():
    torch.manual_seed(20261121)
    torch.set_num_threads(1)
    generator = numpy.random.default_rng(20261121)
    weights = load_file(MICRO / "sam_micro.safetensors")
    config = json.loads((MICRO / "config.json").read_text())
    width = weights["prompt_encoder.no_mask_embed.weight"].shape[1]
    grid, mlp = 8, weights["mask_decoder.transformer.layers.0.mlp.lin1.weight"].shape[0]
    modules = model(weights, width, grid, mlp, config["decoder_num_heads"])
    lora = {}
    for path in corrected(weights):
        base = weights[path + ".weight"].flatten(1)
        rank = min(RANK, *base.shape)
        lora[path + ".lora_A"] = (0.2 * torch.randn(rank, base.shape[1])).requires_grad_()
        lora[path + ".lora_B"] = (0.2 * torch.randn(base.shape[0], rank)).requires_grad_()
    heads = {
        "likeness.weight": 0.1 * torch.eye(width) + 0.02 * torch.randn(width, width),
        "distance.weight": torch.full((1, 1), 0.7), "queries.weight": 0.3 * torch.randn(QUERIES, width),
        "kinds.weight": 0.3 * torch.randn(QUERIES + 1, width), "token.weight": 0.2 * torch.randn(width, width),
        "dense.weight": 0.2 * torch.randn(width, width), "prior.weight": torch.full((1, 1), 1.3),
        "decoder.weight": torch.full((1, 1), 0.4)}
    heads = {name: value.requires_grad_() for name, value in heads.items()}
    network = Network(weights, grid, width, heads, lora, modules)
    slices = [(torch.randn(grid * grid, width), blobs(generator, 4 * grid, values), place)
              for values, place in [([1, 3], 0.25), ([1], 0.5), ([3], 0.6)]]
    query, place = torch.randn(grid * grid, width), 0.375
    settings = {"sharpness": 0.5, "nearness": 0.25, "depth": 0.5, "decoder": 2.0}
    logits = network(query, place, slices, settings)
    cotangent = torch.randn(logits.shape)
    (logits * cotangent).sum().backward()
    with h5py.File(HERE / "example_sets.h5", "w", libver="earliest") as file:
        file["query"], file["place"] = query.numpy(), numpy.float32([place])
        for index, (embedding, classes, other) in enumerate(slices):
            file[f"exemplars/{index}/embedding"] = embedding.numpy()
            file[f"exemplars/{index}/classes"] = classes.numpy().astype(numpy.uint8)
            file[f"exemplars/{index}/place"] = numpy.float32([other])
        file["logits"], file["cotangent"] = logits.detach().numpy(), cotangent.numpy()
        named = {"example_sets." + name: value for name, value in heads.items()} | lora
        for name, value in named.items():
            file[f"parameters/{name}"] = value.detach().numpy()
            if value.grad is not None:
                file[f"gradients/{name}"] = value.grad.numpy()


if __name__ == "__main__":
    main()
