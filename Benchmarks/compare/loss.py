"""SAMed's loss: 0.2 of the cross entropy and 0.8 of the Dice loss over the classes, the background being one."""

import torch
import torch.nn.functional as functional

EPSILON = 1e-5


def segmentation_loss(logits, labels):
    """The loss of logits [B, K, h, w] for labels [B, h, w]."""
    classes = logits.shape[1]
    chances = torch.softmax(logits, dim=1)
    truth = functional.one_hot(labels, classes).permute(0, 3, 1, 2).float()
    axes = (0, 2, 3)
    both = (chances * truth).sum(axes)
    each = (chances * chances).sum(axes) + (truth * truth).sum(axes)
    dice = (1 - (2 * both + EPSILON) / (each + EPSILON)).mean()
    return 0.2 * functional.cross_entropy(logits, labels) + 0.8 * dice
