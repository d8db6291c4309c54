"""Segment Anything in PyTorch, as segment_anything 1.0 and transformers have it, with the weights graft reads."""

import re
import sys
from functools import partial
from unittest.mock import MagicMock

import torch
import torch.nn.functional as functional
from safetensors.torch import load_file

PATCH = 16


def official_encoder(weights, size):
    """The image encoder of segment_anything for images of `size` pixels."""
    without_torchvision()
    from segment_anything.modeling import ImageEncoderViT

    encoder = ImageEncoderViT(
        depth=12, embed_dim=768, img_size=size, mlp_ratio=4, num_heads=12, patch_size=PATCH,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), qkv_bias=True, use_rel_pos=True,
        global_attn_indexes=[2, 5, 8, 11], window_size=14, out_chans=256)
    encoder.load_state_dict(resized(part(load_file(weights), "image_encoder."), size))
    return encoder.eval()


def official_decoder(weights, learning, tokens, size):
    """The prompt encoder and the mask decoder of segment_anything, the latter with `tokens` mask tokens."""
    without_torchvision()
    from segment_anything.modeling import MaskDecoder, PromptEncoder, TwoWayTransformer

    prompts = PromptEncoder(256, (size // PATCH, size // PATCH), (size, size), 16)
    decoder = MaskDecoder(
        transformer_dim=256, num_multimask_outputs=tokens - 1,
        transformer=TwoWayTransformer(depth=2, embedding_dim=256, num_heads=8, mlp_dim=2048))
    state = {**load_file(weights), **learning}
    prompts.load_state_dict(part(state, "prompt_encoder."))
    heads = {name: value for name, value in part(state, "mask_decoder.").items() if "lora_" not in name}
    known = decoder.state_dict()
    decoder.load_state_dict({name: value for name, value in heads.items() if name in known})
    return prompts, decoder


def transformers_model(weights, size, tokens=4):
    """The SamModel of transformers for images of `size` pixels, with `tokens` mask tokens."""
    from transformers import SamConfig, SamMaskDecoderConfig, SamModel, SamPromptEncoderConfig, SamVisionConfig

    vision = SamVisionConfig(image_size=size).to_dict()
    decoder = SamMaskDecoderConfig(num_multimask_outputs=tokens - 1).to_dict()
    prompts = SamPromptEncoderConfig(image_size=size).to_dict()
    model = SamModel(
        SamConfig(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder))
    state = {transformers_name(name): value for name, value in load_file(weights).items()}
    state = {name: value for name, value in resized(state, size).items() if not is_derived(name)}
    known = model.state_dict()
    model.load_state_dict(
        {name: value for name, value in state.items() if value.shape == known[name].shape}, strict=False)
    return model.eval()


def transformers_name(name):
    """What transformers calls a tensor of segment_anything."""
    for pattern, replacement in TRANSFORMERS_NAMES:
        name = re.sub(pattern, replacement, name)
    return name


TRANSFORMERS_NAMES = [
    (r"^image_encoder\.", "vision_encoder."),
    (r"patch_embed\.proj", "patch_embed.projection"),
    (r"^vision_encoder\.blocks\.(\d+)\.norm", r"vision_encoder.layers.\1.layer_norm"),
    (r"^vision_encoder\.blocks", "vision_encoder.layers"),
    (r"^vision_encoder\.neck\.0", "vision_encoder.neck.conv1"),
    (r"^vision_encoder\.neck\.1", "vision_encoder.neck.layer_norm1"),
    (r"^vision_encoder\.neck\.2", "vision_encoder.neck.conv2"),
    (r"^vision_encoder\.neck\.3", "vision_encoder.neck.layer_norm2"),
    (r"^prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix",
     "shared_image_embedding.positional_embedding"),
    (r"^prompt_encoder\.point_embeddings", "prompt_encoder.point_embed"),
    (r"^prompt_encoder\.mask_downscaling\.0", "prompt_encoder.mask_embed.conv1"),
    (r"^prompt_encoder\.mask_downscaling\.1", "prompt_encoder.mask_embed.layer_norm1"),
    (r"^prompt_encoder\.mask_downscaling\.3", "prompt_encoder.mask_embed.conv2"),
    (r"^prompt_encoder\.mask_downscaling\.4", "prompt_encoder.mask_embed.layer_norm2"),
    (r"^prompt_encoder\.mask_downscaling\.6", "prompt_encoder.mask_embed.conv3"),
    (r"^mask_decoder\.transformer\.(.*)norm(\d|_final)", r"mask_decoder.transformer.\1layer_norm\2"),
    (r"^mask_decoder\.output_upscaling\.0", "mask_decoder.upscale_conv1"),
    (r"^mask_decoder\.output_upscaling\.1", "mask_decoder.upscale_layer_norm"),
    (r"^mask_decoder\.output_upscaling\.3", "mask_decoder.upscale_conv2"),
    (r"(hypernetworks_mlps\.\d+|iou_prediction_head)\.layers\.0", r"\1.proj_in"),
    (r"(hypernetworks_mlps\.\d+|iou_prediction_head)\.layers\.1", r"\1.layers.0"),
    (r"(hypernetworks_mlps\.\d+|iou_prediction_head)\.layers\.2", r"\1.proj_out"),
]


def is_derived(name):
    """Whether transformers fills the tensor in from another one."""
    return name == "prompt_encoder.shared_embedding.positional_embedding"


def part(state, prefix):
    """The tensors under a prefix, without it."""
    return {name[len(prefix):]: value for name, value in state.items() if name.startswith(prefix)}


def resized(state, size):
    """Tensors of an encoder with the tables of positions brought to another image size, as SAMed does."""
    grid, result = size // PATCH, dict(state)
    for name, value in state.items():
        if name.endswith("pos_embed") and value.shape[1] != grid:
            table = functional.interpolate(value.permute(0, 3, 1, 2), (grid, grid), mode="bilinear")
            result[name] = table.permute(0, 2, 3, 1)
        elif ".rel_pos_" in name and value.shape[0] == 127 and grid != 64:
            rows = functional.interpolate(value.T[None], 2 * grid - 1, mode="linear")
            result[name] = rows[0].T.contiguous()
    return result


def without_torchvision():
    """Lets segment_anything be imported where torchvision is not; only its mask generator needs it."""
    for name in ["", ".ops", ".ops.boxes", ".transforms", ".transforms.functional"]:
        sys.modules.setdefault("torchvision" + name, MagicMock())
