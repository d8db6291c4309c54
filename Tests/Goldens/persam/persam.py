"""Writes persam.h5: PerSAM and PerSAM-F on the micro model of ../sam-micro, restated in PyTorch.

Zhang et al., Personalize Segment Anything Model with One Shot (2023), and the authors' published program. The encoder,
the prompt encoder and the layers of the decoder are segment_anything's; its two-way transformer is walked through here
with the target's embedding added to the tokens (in the published program the sum is also their position) and a second
softmax over probabilities plus prior where tokens look at the image. Float64, except for the
positional encoding, rounded to float32 where it is stored.

All happens in the frame of the prepared image of 128 pixels, whose rows from 90 on are padding and take no part. The mask
has the side of the decoder's logits; a token belongs to it where the middle of its cell does.
"""

import json
import math
import sys
import types
from pathlib import Path

import h5py
import torch
from torch.nn import functional as F

root = Path(__file__).parent.parent / "sam-micro"
package = types.ModuleType("segment_anything")
package.__path__ = [str(p) for p in (Path(p) / "segment_anything" for p in sys.path) if p.is_dir()]
sys.modules["segment_anything"] = package
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer  # noqa: E402

SIDE, GRID, VALID = 128, 8, 90


def model():
    c = json.loads((root / "config.json").read_text())
    from functools import partial

    encoder = ImageEncoderViT(
        img_size=c["img_size"], patch_size=c["patch_size"], embed_dim=c["embed_dim"],
        depth=c["depth"], num_heads=c["num_heads"], mlp_ratio=c["mlp_ratio"],
        out_chans=c["out_chans"], qkv_bias=True, use_rel_pos=True,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), window_size=c["window_size"],
        global_attn_indexes=c["global_attn_indexes"])
    prompts = PromptEncoder(
        embed_dim=c["prompt_embed_dim"], image_embedding_size=(GRID, GRID),
        input_image_size=(SIDE, SIDE), mask_in_chans=c["mask_in_chans"])
    decoder = MaskDecoder(
        transformer_dim=c["prompt_embed_dim"],
        transformer=TwoWayTransformer(
            depth=c["decoder_depth"], embedding_dim=c["prompt_embed_dim"],
            mlp_dim=c["decoder_mlp_dim"], num_heads=c["decoder_num_heads"]),
        num_multimask_outputs=c["num_multimask_outputs"], iou_head_depth=c["iou_head_depth"],
        iou_head_hidden_dim=c["iou_head_hidden_dim"])
    sam = Sam(encoder, prompts, decoder)
    sam.load_state_dict(torch.load(root / "sam_micro.pth", weights_only=True))
    sam.double().eval().requires_grad_(False)
    # Its code rounds coordinates to single precision whatever its numbers are.
    sam.prompt_encoder.pe_layer.float()
    return sam


sam = model()


def guided_look(attention, q, k, v, prior):
    """An attention of the decoder with a second softmax over its probabilities plus a prior."""
    q, k, v = attention.q_proj(q), attention.k_proj(k), attention.v_proj(v)
    q, k, v = (attention._separate_heads(x, attention.num_heads) for x in (q, k, v))
    p = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(q.shape[3]), dim=-1)
    p = torch.softmax(p + prior, dim=-1)
    return attention.out_proj(attention._recombine_heads(p @ v))


def decode(embedding, points=None, labels=None, box=None, mask=None, prior=None, target=None):
    """All mask tokens' logits [4, 32, 32] and expected IoU [4]."""
    pair = None
    if points is not None:
        pair = (torch.tensor(points).double()[None], torch.tensor(labels)[None])
    sparse, dense = sam.prompt_encoder(
        points=pair, boxes=None if box is None else torch.tensor(box).double()[None, None],
        masks=None if mask is None else mask[None, None])
    d = sam.mask_decoder
    tokens = torch.cat([d.iou_token.weight, d.mask_tokens.weight])[None]
    tokens = torch.cat([tokens, sparse], dim=1)
    keys = (embedding + dense).flatten(2).transpose(1, 2)
    positions = sam.prompt_encoder.get_dense_pe().double().flatten(2).transpose(1, 2)
    if target is not None:
        tokens = tokens + target
    queries = tokens
    for index, layer in enumerate(d.transformer.layers):
        if target is not None and index > 0:
            queries = queries + target
        if layer.skip_first_layer_pe:
            queries = layer.self_attn(q=queries, k=queries, v=queries)
        else:
            placed = queries + tokens
            queries = queries + layer.self_attn(q=placed, k=placed, v=queries)
        queries = layer.norm1(queries)
        q, k = queries + tokens, keys + positions
        look = layer.cross_attn_token_to_image
        found = look(q=q, k=k, v=keys) if prior is None else guided_look(look, q, k, keys, prior)
        queries = layer.norm2(queries + found)
        queries = layer.norm3(queries + layer.mlp(queries))
        told = layer.cross_attn_image_to_token(q=keys + positions, k=queries + tokens, v=queries)
        keys = layer.norm4(keys + told)
    q = queries + tokens + (0 if target is None else target)
    final = d.transformer.final_attn_token_to_image(q=q, k=keys + positions, v=keys)
    queries = d.transformer.norm_final_attn(queries + final)
    image = d.output_upscaling(keys.transpose(1, 2).reshape(1, -1, GRID, GRID))
    weights = torch.stack(
        [net(queries[:, 1 + i]) for i, net in enumerate(d.output_hypernetworks_mlps)], dim=1)
    masks = (weights @ image.flatten(2)).reshape(-1, 4 * GRID, 4 * GRID)
    return masks, d.iou_prediction_head(queries[:, 0])[0]


def enlarged(map, side=SIDE):
    return F.interpolate(map[None, None], size=(side, side), mode="bilinear")[0, 0]


def similarity(embedding, target):
    """The cosine similarity [8, 8] of an image's tokens with a target."""
    features = embedding[0] / embedding[0].norm(dim=0, keepdim=True)
    return torch.einsum("c,chw->hw", target / target.norm(), features)


def place(map, largest):
    flat = map[:VALID].flatten()
    index = int(flat.argmax() if largest else flat.argmin())
    return [index % SIDE, index // SIDE]


def box_of(logits):
    y, x = torch.nonzero(enlarged(logits)[:VALID] > 0, as_tuple=True)
    return [int(x.min()), int(y.min()), int(x.max()), int(y.max())]


def refined(embedding, points, labels, start, stored, first_box):
    """The two refinements from logits [32, 32]: with the mask, then with the best mask and its box."""
    logits = start
    for step, with_box in enumerate([first_box, True]):
        box = box_of(logits) if with_box else None
        if box:
            stored[f"refined_{step}/box"] = torch.tensor(box)
        masks, iou = decode(embedding, points, labels, box=box, mask=logits)
        best = int(iou[1:].argmax()) + 1
        stored[f"refined_{step}/best"] = torch.tensor(best - 1)
        stored[f"refined_{step}/iou"] = iou[1:]
        logits = masks[best]
    stored["logits"] = logits


with h5py.File(root / "forward.h5") as file:
    image = torch.tensor(file["encoder/input"][...]).double()
reference = image.flip(3)
rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
mask = (((rows - 11) / 6) ** 2 + ((columns - 19) / 8) ** 2 < 1)
embedding, own = sam.image_encoder(image), sam.image_encoder(reference)
cells = mask.double().reshape(GRID, 4, GRID, 4)[:, 1:3, :, 1:3].mean(dim=(1, 3)) >= 0.5
inside = own[0][:, cells]
result = {"mask": mask.to(torch.uint8), "cells": cells.to(torch.uint8)}

free = {}
target = inside.mean(dim=1)
map = similarity(embedding, target)
large = enlarged(enlarged(map, 4 * GRID))
points = [place(large, True), place(large, False)]
part = large[:VALID]
prior = torch.sigmoid(enlarged((large - part.mean()) / part.std(), GRID)).flatten()
masks, iou = decode(embedding, points, [1, 0], prior=prior, target=target)
free |= {"target": target, "similarity": map, "points": torch.tensor(points), "prior": prior,
         "first/masks": masks, "first/iou": iou}
refined(embedding, points, [1, 0], masks[0], free, first_box=False)

tuned = {}
target = (inside.mean(dim=1) + inside.amax(dim=1)) / 2
point = [place(enlarged(enlarged(similarity(own, target), 4 * GRID)), True)]
scales = decode(own, point, [1])[0][1:].flatten(1)
weights = torch.full((2, 1), 1 / 3, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.AdamW([weights], lr=1e-3, eps=1e-4)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 1000)
goal = mask.double().flatten()[None]
losses = []
for step in range(1000):
    summed = (scales * torch.cat([1 - weights.sum(0, keepdim=True), weights])).sum(0)[None]
    p = summed.sigmoid()
    dice = 1 - (2 * (p * goal).sum() + 1) / (p.sum() + goal.sum() + 1)
    entropy = F.binary_cross_entropy_with_logits(summed, goal, reduction="none")
    hit = p * goal + (1 - p) * (1 - goal)
    focal = ((0.25 * goal + 0.75 * (1 - goal)) * entropy * (1 - hit) ** 2).mean()
    optimizer.zero_grad()
    (dice + focal).backward()
    losses.append((dice + focal).detach())
    optimizer.step()
    schedule.step()
weights = torch.cat([1 - weights.sum(0, keepdim=True), weights]).detach()
tuned |= {"target": target, "reference_point": torch.tensor(point), "weights": weights[:, 0],
          "losses": torch.stack(losses)[::111]}
map = similarity(embedding, target)
point = [place(enlarged(enlarged(map, 4 * GRID)), True)]
masks, _ = decode(embedding, point, [1])
summed = (masks[1:] * weights[:, :, None]).sum(0)
tuned |= {"similarity": map, "point": torch.tensor(point), "first": summed}
refined(embedding, point, [1], summed, tuned, first_box=True)

with h5py.File("persam.h5", "w", libver="earliest") as file:
    for name, group in (("free", free), ("tuned", tuned), ("", result)):
        for key, value in group.items():
            value = value.detach().numpy()
            path = f"{name}/{key}" if name else key
            file[path] = value.astype("float32") if value.dtype.kind == "f" else value
print({k: v.tolist() for k, v in (free | tuned).items() if v.numel() < 9})
