#pragma once

/// Products and passes over blocks of an attention: rows of `16 · vectors` floats, of which each column, one lane
/// of a vector, belongs to one query. So a softmax's maximum and sum run down the lanes and no vector is ever
/// summed across. A block's rows lie one after the other.

#define GRAFT_LOG2_E 1.44269504088896341f
#define GRAFT_LN_2 0.693147180559945309f

enum { GRAFT_LANES = 16, GRAFT_BLOCK_VECTORS = 3 };

/// c [m, 16 · vectors] = a · b, added to c where `accumulate` is set; b [k, 16 · vectors], rows of c and b `stride` apart.
///
/// a [m, k] has rows of `lda` floats or, where `transposed` is set, is [k, m] with such rows.
void graft_block_product(float *c, const float *a, long lda, int transposed, const float *b, long stride,
                         long m, long k, long vectors, int accumulate);

/// columns [width, lanes] from rows [lanes, width], or the other way round: multiples of 16 both.
void graft_block_transpose(float *to, const float *from, long rows, long width);

/// Scores [rows · columns, lanes] of a part of the key grid before the products: height [rows, lanes] of its rows
/// plus across [columns, lanes].
void graft_block_positions(float *scores, const float *height, const float *across, long rows, long columns,
                           long vectors);

/// One step of an online softmax: raises `maxima` [lanes] to those of the scores [keys, lanes], turns the scores
/// into 2^(score - maximum), and adds them to `sums`, which is first multiplied by `rescales` = 2^(old - new maximum).
void graft_block_exponentials(float *scores, float *maxima, float *sums, float *rescales, long keys,
                             long vectors);

/// Row i of block [rows, lanes] ⊙= factors [lanes].
void graft_block_scale(float *block, const float *factors, long rows, long vectors);

/// sums [lanes] = Σ_rows a ⊙ b, of two blocks [rows, lanes].
void graft_block_deltas(float *sums, const float *a, const float *b, long rows, long vectors);

/// Scores become probabilities 2^(score - logsum).
void graft_block_probabilities(float *scores, const float *logsums, long keys, long vectors);

/// dp = p ⊙ (dp - deltas), the gradient of the scores of a part of the key grid, whose sums along its columns and rows are
/// added to dheight [rows, lanes] and dacross [columns, lanes].
void graft_block_score_gradients(float *dp, const float *p, const float *deltas, float *dheight,
                                 float *dacross, long rows, long columns, long vectors);
