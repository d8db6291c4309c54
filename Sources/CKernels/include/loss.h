#pragma once
#include <stdint.h>

/// What the segmentation loss of a batch is made of; `classes` numbers in each array.
///
/// cross_entropy is the mean of -log p over all pixels; intersection Σ p·y, squares Σ p² and pixels Σ y over the
/// batch, by class, where p is the softmax over the classes and y the label as 0 or 1.
struct graft_class_sums {
  double cross_entropy;
  double *intersection, *squares, *pixels;
};

/// Sums up logits [images, classes, pixels] against labels [images, pixels], which are below `classes`.
void graft_cross_entropy_dice(struct graft_class_sums *sums, const float *logits,
                              const uint8_t *labels, long images, long classes, long pixels);

/// dlogits = p ⊙ (g - Σ g ⊙ p) + e · (p - y), with g = linear[class] · y + square[class] · p.
///
/// `e` is the derivative by one pixel's cross entropy, `linear` and `square` those of the Dice part by p.
void graft_cross_entropy_dice_backward(float *dlogits, const float *logits, const uint8_t *labels,
                                       long images, long classes, long pixels, double e,
                                       const double *linear, const double *square);

/// What the loss of one mask is made of: focal = Σ -α (1 - q)² log q, where q is the probability of the right answer,
/// α 1/4 inside and 3/4 outside; intersection Σ p·t, predicted Σ p, target Σ t with p = σ(logit); overlap and
/// whole count the pixels of the intersection and the union of (logit > 0) and t.
struct graft_mask_sums {
  double focal, intersection, predicted, target;
  long overlap, whole;
};

/// Sums up logits [images, masks, pixels] against targets [images, pixels] of 0 and 1, for each mask.
void graft_sum_masks(struct graft_mask_sums *sums, const float *logits, const uint8_t *targets,
                     long images, long masks, long pixels);

/// dlogits = focal · d(focal)/dz + (inside[m] · t + everywhere[m]) · p (1 - p), for each mask m.
void graft_sum_masks_backward(float *dlogits, const float *logits, const uint8_t *targets,
                              long images, long masks, long pixels, double focal,
                              const double *inside, const double *everywhere);
