"""Learned tokens in the image encoder and the mask decoder of the micro SAM, restated in PyTorch.

Run in Tests/Goldens/prompt-tokens; needs torch, h5py, safetensors and segment_anything 1.0. Writes prompt_tokens.h5.

The restatement is made of what the words say, not of graft's code: every window's tokens see the learned tokens of the
block beside their own, in one softmax over scores that have relative positions for image tokens only; a learned token sees all
image tokens of all windows and all learned tokens.
"""

import json
import sys
from functools import partial
from unittest.mock import MagicMock

import h5py
import numpy
import torch
from safetensors.torch import load_file
from torch.nn import functional

for name in ["", ".ops", ".ops.boxes", ".transforms", ".transforms.functional"]:
    sys.modules.setdefault("torchvision" + name, MagicMock())
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, TwoWayTransformer
from segment_anything.modeling.image_encoder import get_rel_pos

torch.manual_seed(6)
torch.set_num_threads(1)
config = json.load(open("../sam-micro/config.json"))
weights = load_file("../sam-micro/sam_micro.safetensors")
COUNT, HEADS, WIDTH, CLASSES = 3, config["num_heads"], config["embed_dim"], 2


def part(prefix):
    return {name[len(prefix):]: value for name, value in weights.items() if name.startswith(prefix)}


encoder = ImageEncoderViT(
    depth=config["depth"], embed_dim=WIDTH, img_size=128, mlp_ratio=4, num_heads=HEADS, patch_size=16,
    norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), qkv_bias=True, use_rel_pos=True,
    global_attn_indexes=config["global_attn_indexes"], window_size=config["window_size"],
    out_chans=config["out_chans"])
encoder.load_state_dict(part("image_encoder."))
prompt_encoder = PromptEncoder(32, (8, 8), (128, 128), 16)
prompt_encoder.load_state_dict(part("prompt_encoder."))
decoder = MaskDecoder(
    transformer_dim=32, num_multimask_outputs=3, iou_head_depth=3, iou_head_hidden_dim=32,
    transformer=TwoWayTransformer(depth=2, embedding_dim=32, num_heads=8, mlp_dim=64))
decoder.load_state_dict(part("mask_decoder."))
for module in (encoder, decoder):
    module.double().requires_grad_(False)
prompt_encoder.requires_grad_(False)


def heads(x):
    """[..., N, 3C] as q, k, v of [heads, N, D]."""
    q, k, v = x.chunk(3, dim=-1)
    return [t.unflatten(-1, (HEADS, -1)).transpose(-3, -2) for t in (q, k, v)]


def window_attention(attention, x, learned):
    """One window [h, w, C] of normalised tokens, and learned ones [n, C] that it sees."""
    h, w, _ = x.shape
    q, k, v = heads(attention.qkv(x.reshape(h * w, -1)))
    _, lk, lv = heads(attention.qkv(learned))
    scores = q @ k.transpose(-1, -2) * attention.scale
    grid = q.reshape(HEADS, h, w, -1)
    down = torch.einsum("hijd,ikd->hijk", grid, get_rel_pos(h, h, attention.rel_pos_h))
    across = torch.einsum("hijd,jkd->hijk", grid, get_rel_pos(w, w, attention.rel_pos_w))
    scores = (scores.reshape(HEADS, h, w, h, w) + down[..., None] + across[..., None, :]).reshape(HEADS, h * w, h * w)
    both = torch.cat([scores, q @ lk.transpose(-1, -2) * attention.scale], dim=-1).softmax(-1)
    out = both @ torch.cat([v, lv], dim=-2)
    return out.transpose(0, 1).reshape(h, w, -1)


def block_with(block, x, learned):
    """The block's image tokens [h, w, C] and learned tokens [n, C]."""
    side = x.shape[0]
    own, beside = block.norm1(x), block.norm1(learned)
    window = block.window_size or side
    padded = functional.pad(own, (0, 0, 0, -side % window, 0, -side % window))
    rows = []
    for i in range(0, padded.shape[0], window):
        cells = [window_attention(block.attn, padded[i:i + window, j:j + window], beside)
                 for j in range(0, padded.shape[1], window)]
        rows.append(torch.cat(cells, dim=1))
    attended = torch.cat(rows, dim=0)[:side, :side]
    q, k, v = heads(block.attn.qkv(torch.cat([own.reshape(side * side, -1), beside])))
    seen = (q[:, side * side:] @ k.transpose(-1, -2) * block.attn.scale).softmax(-1) @ v
    seen = seen.transpose(0, 1).reshape(len(learned), -1)
    def finished(tokens, result):
        tokens = tokens + block.attn.proj(result)
        return tokens + block.mlp(block.norm2(tokens))
    return finished(x, attended), finished(learned, seen)


def embedding(image, tokens, deep):
    x = (encoder.patch_embed(image[None]) + encoder.pos_embed)[0]
    learned = tokens[0]
    for index, block in enumerate(encoder.blocks):
        x, learned = block_with(block, x, tokens[index] if deep else learned)
    return encoder.neck(x.permute(2, 0, 1)[None])


with h5py.File("../sam-micro/forward.h5") as golden:
    image = torch.tensor(golden["encoder/input"][0]).double()
    expected = torch.tensor(golden["encoder/output"][:])
assert torch.allclose(encoder(image[None]).float(), expected, atol=1e-5)

with h5py.File("prompt_tokens.h5", "w", libver="earliest") as out:
    tokens = torch.randn(config["depth"], COUNT, WIDTH).double()
    prompts = torch.randn(CLASSES, COUNT, 32).double()
    out["tokens"], out["prompts"] = tokens.float().numpy(), prompts.float().numpy()
    cotangent = torch.randn(1, 32, 8, 8).double()
    out["cotangent"] = cotangent.float().numpy()
    tokens, prompts, cotangent = tokens.float().double(), prompts.float().double(), cotangent.float().double()
    for name in ("shallow", "deep"):
        leaf = tokens.clone().requires_grad_()
        result = embedding(image, leaf, name == "deep")
        (result * cotangent).sum().backward()
        out[f"{name}/embedding"] = result.detach().float().numpy()
        out[f"{name}/gradient"] = leaf.grad.float().numpy()
    # Decoder: the tokens of each class where those of points would be; the logits of mask token 0.
    leaf = prompts.clone().requires_grad_()
    dense = prompt_encoder.no_mask_embed.weight.double().reshape(1, -1, 1, 1).expand(CLASSES, -1, 8, 8)
    masks, _ = decoder.predict_masks(
        image_embeddings=encoder(image[None]), image_pe=prompt_encoder.get_dense_pe().double(),
        sparse_prompt_embeddings=leaf, dense_prompt_embeddings=dense)
    logits = masks[:, 0]
    weight = torch.randn(CLASSES, 32, 32).double()
    out["decoder/cotangent"] = weight.float().numpy()
    (logits * weight.float().double()).sum().backward()
    out["decoder/logits"] = logits.detach().float().numpy()
    out["decoder/gradient"] = leaf.grad.float().numpy()
