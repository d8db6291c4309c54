"""The jobs of PyTorch: encoding an image, steps of training, and products to see what the processor can do."""

import torch
from safetensors.torch import load_file

import lora
import models
from loss import segmentation_loss
from session import serve

METHODS = {"decoder-lora": 4, "samed": 9}


def encode(options):
    """An image through the encoder."""
    weights = f"{options.data}/vitb.safetensors"
    if options.peer == "transformers":
        encoder = models.transformers_model(weights, options.size).vision_encoder
    else:
        encoder = models.official_encoder(weights, options.size)
    image = load_file(f"{options.data}/inputs-{options.size}.safetensors")["image"][:1].clone()
    if options.precision == "bf16":
        encoder, image = encoder.bfloat16(), image.bfloat16()
    found = {}

    def run():
        with torch.inference_mode():
            embedding = encoder(image)
        embedding = getattr(embedding, "last_hidden_state", embedding)
        found["embedding"] = embedding.float().permute(0, 2, 3, 1)

    serve(run, lambda: found)


def autocast(options):
    """The number format of a step: in bf16 all that learns stays float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bf16")


def step(options):
    """Steps of training: the mask decoder's corrections and heads, or SAMed's."""
    data = load_file(f"{options.data}/inputs-{options.size}.safetensors")
    labels = data[options.method].long()
    learning = load_file(f"{options.data}/learning-{options.method}.safetensors")
    logits, parameters = (samed if options.method == "samed" else decoder_lora)(options, data, learning)
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.1, fused=True)
    taken = [0]

    def run():
        chosen = [(taken[0] * options.batch + k) % len(labels) for k in range(options.batch)]
        optimizer.zero_grad(set_to_none=True)
        with autocast(options):
            predicted = logits(chosen)
        loss = segmentation_loss(predicted.float(), labels[chosen])
        loss.backward()
        optimizer.step()
        taken[0] += 1
        return {"loss": loss.item()}

    # graft's first step is taken before the first one asked for.
    run()
    serve(run)


def decoder_lora(options, data, learning):
    """The logits of slices from their embeddings, and what learns."""
    weights = f"{options.data}/vitb.safetensors"
    embeddings = load_file(f"{options.data}/embeddings-{options.size}.safetensors")["embedding"]
    embeddings = embeddings.permute(0, 3, 1, 2).contiguous()
    del data["image"]
    if options.peer == "transformers":
        decode, module = transformers_decoder(weights, learning, options)
    else:
        decode, module = official_decoder(weights, learning, options)
    return lambda chosen: decode(embeddings[chosen]), trained(module, options, learning)


def trained(module, options, learning):
    """Freezes a decoder but for its heads, puts the corrections in and returns what learns."""
    heads = ["mask_tokens", "output_hypernetworks", "output_upscaling", "upscale_"]
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(any(name.startswith(head) for head in heads))
    lora.inject(module, "mask_decoder.", learning)
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def official_decoder(weights, learning, options):
    """segment_anything's decoder, and how it decodes embeddings without prompts."""
    prompts, decoder = models.official_decoder(weights, learning, METHODS[options.method], options.size)
    for parameter in prompts.parameters():
        parameter.requires_grad_(False)
    return lambda embedding: predicted(prompts, decoder, embedding), decoder


def predicted(prompts, decoder, embedding):
    """The logits of all tokens; `predict_masks` as SAMed has it, for a batch of images and no prompts."""
    _, dense = prompts(points=None, boxes=None, masks=None)
    count, width, height, _ = embedding.shape
    tokens = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
    positions = prompts.get_dense_pe().expand(count, -1, -1, -1)
    source = embedding + dense
    found, source = decoder.transformer(source, positions, tokens.expand(count, -1, -1))
    upscaled = decoder.output_upscaling(source.transpose(1, 2).view(count, width, height, height))
    networks = decoder.output_hypernetworks_mlps
    weights = torch.stack([network(found[:, 1 + k]) for k, network in enumerate(networks)], dim=1)
    return (weights @ upscaled.flatten(2)).unflatten(2, upscaled.shape[2:])


def transformers_decoder(weights, learning, options):
    """transformers' decoder, and how it decodes embeddings without prompts."""
    tokens = METHODS[options.method]
    model = models.transformers_model(weights, options.size, tokens)
    heads = {models.transformers_name(name): value for name, value in learning.items() if "lora_" not in name}
    model.load_state_dict(heads, strict=False)
    model.requires_grad_(False)
    decoder, side = model.mask_decoder, options.size // models.PATCH
    positions = model.get_image_wide_positional_embeddings().detach()
    dense = model.prompt_encoder.no_mask_embed.weight.detach().reshape(1, -1, 1, 1)

    def decode(embedding):
        count = len(embedding)
        own = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight]).repeat(count, 1, 1, 1)
        found, image = decoder.transformer(
            point_embeddings=own, image_embeddings=embedding + dense,
            image_positional_embeddings=positions.expand(count, -1, -1, -1), attention_similarity=None)[:2]
        image = image.transpose(2, 3).reshape(count, -1, side, side)
        image = decoder.activation(decoder.upscale_layer_norm(decoder.upscale_conv1(image)))
        image = decoder.activation(decoder.upscale_conv2(image))
        networks = decoder.output_hypernetworks_mlps
        weights = torch.stack([network(found[:, 0, 1 + k]) for k, network in enumerate(networks)], dim=1)
        return (weights @ image.flatten(2)).unflatten(2, image.shape[2:])

    return decode, decoder


def samed(options, data, learning):
    """The logits of slices with SAMed's corrections in the encoder, and what learns."""
    weights = f"{options.data}/vitb.safetensors"
    encoder = models.official_encoder(weights, options.size).requires_grad_(False)
    corrections = lora.inject(encoder, "image_encoder.", learning)
    prompts, decoder = models.official_decoder(weights, learning, METHODS["samed"], options.size)
    images = data["image"]
    learned = corrections + [*prompts.parameters(), *decoder.parameters()]
    return lambda chosen: predicted(prompts, decoder, encoder(images[chosen])), learned


def product(options):
    """One large product, 4096 x 768 by 768 x 3072."""
    kind = torch.bfloat16 if options.precision == "bf16" else torch.float32
    a, b = torch.randn(4096, 768).to(kind), torch.randn(3072, 768).to(kind)

    def run():
        for _ in range(10):
            a @ b.T
        return {"operations": 10 * 2.0 * 4096 * 768 * 3072}

    serve(run)
