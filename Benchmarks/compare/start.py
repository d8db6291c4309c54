"""From the start of a process to the first mask of a small image, in PyTorch; run as a whole by compare.py."""

import sys

import torch

import models


def main():
    """Loads ViT-B and segments an image of 64 pixels by a point."""
    peer, weights = sys.argv[1:]
    torch.set_grad_enabled(False)
    image = torch.randn(1, 3, 64, 64)
    masks = (with_transformers if peer == "transformers" else with_official)(weights, image)
    print(masks.shape)


def with_official(weights, image):
    """The masks by segment_anything."""
    encoder = models.official_encoder(weights, 64)
    prompts, decoder = models.official_decoder(weights, {}, 4, 64)
    points = torch.tensor([[[8.0, 8.0]]]), torch.tensor([[1]])
    sparse, dense = prompts(points=points, boxes=None, masks=None)
    return decoder(
        image_embeddings=encoder(image), image_pe=prompts.get_dense_pe(), sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense, multimask_output=False)[0]


def with_transformers(weights, image):
    """The masks by transformers."""
    model = models.transformers_model(weights, 64)
    return model(pixel_values=image, input_points=torch.tensor([[[[8.0, 8.0]]]])).pred_masks


if __name__ == "__main__":
    main()
