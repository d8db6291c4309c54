#pragma once

/// Turns rows of scores [rows, n] into exp(score - max) in place; `maxima` and `sums` get each row's greatest score and
/// sum of exponentials. Sixteen running sums a row, in an order that no number of threads changes.
void graft_exponentials(float *scores, float *maxima, float *sums, long rows, long n);
