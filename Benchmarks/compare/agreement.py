"""How far two files of tensors are from one another; run by compare.py with the peers' interpreter."""

import json
import sys

import torch
from safetensors.torch import load_file


def main():
    """Prints the largest error relative to the largest value, and the median and least cosine of the vectors."""
    first, second = (load_file(path)["embedding"].flatten(0, -2) for path in sys.argv[1:])
    cosines = torch.nn.functional.cosine_similarity(first, second, dim=-1)
    print(json.dumps({
        "error": ((first - second).abs().max() / second.abs().max()).item(),
        "cosine": cosines.median().item(), "least": cosines.min().item()}))


if __name__ == "__main__":
    main()
