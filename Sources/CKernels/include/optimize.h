#pragma once

/// One step of Adam with decoupled weight decay on `count` numbers, as PyTorch's AdamW takes it.
///
/// p = p · keep;  m = m + (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g²;  p = p - step · m / (√v / root + epsilon)
/// with keep = 1 - rate · decay, step = rate / (1 - beta1ᵗ), root = √(1 - beta2ᵗ).
void graft_adamw(float *p, float *m, float *v, const float *g, long count, float keep, float beta1,
                 float beta2, float step, float root, float epsilon);

/// One step of gradient descent with momentum, as PyTorch's SGD takes it: b = momentum · b + (g + decay · p); p = p - rate · b.
void graft_sgd(float *p, float *b, const float *g, long count, float rate, float momentum,
               float decay);

/// Σ x², in double precision and a fixed order.
double graft_sum_squares(const float *x, long count);
