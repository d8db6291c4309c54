#pragma once

/// The numbers of a step of Adam: keep = 1 - rate · decay, step = rate / (1 - beta1ᵗ), root = √(1 - beta2ᵗ), rest1 = 1 - beta1
/// and rest2 = 1 - beta2, which as a difference of single numbers would be off by 5e-5 of itself.
struct graft_adamw_numbers {
  float keep, rest1, beta2, rest2, step, root, epsilon;
};

/// One step of Adam with decoupled weight decay on `count` numbers, as PyTorch's AdamW takes it.
///
/// m = m + rest1 (g - m);  v = beta2 v + rest2 g²;  to = keep · p - step · m / (√v / root + epsilon)
void graft_adamw(float *to, const float *p, float *m, float *v, const float *g, long count,
                 struct graft_adamw_numbers numbers);

/// One step of gradient descent with momentum, as PyTorch's SGD takes it: b = momentum · b + (g + decay · p); p = p - rate · b.
void graft_sgd(float *p, float *b, const float *g, long count, float rate, float momentum,
               float decay);

/// Σ x², in double precision and a fixed order.
double graft_sum_squares(const float *x, long count);
