#pragma once
#include "../include/attention.h"

// What the two directions of SAM's image attention have in common: windows, blocks of their queries, and the
// relative positions of a block.

struct graft_image_attention {
  struct graft_image_attention_shape shape;
  const float *qkv, *bias, *dout;
  /// The tables multiplied by √width, so that they go with queries divided by it.
  const float *table_h, *table_w;
  float *out, *logsums, *dqkv;
  /// What each task adds to the gradients of bias and tables: [tasks, 2 · width], [tasks, table]; or NULL.
  float *dbias, *dtable_h, *dtable_w;
  /// The window's side, the whole grid's where there is none, and windows a batch entry down and across.
  long side_h, side_w, down, across;
  /// The width in whole vectors.
  long padded;
};

/// One head of one window: the tokens of it that exist, and where they are.
struct graft_window {
  long batch, head, row, column, rows, columns;
};

/// Some of a window's queries, in lanes; those from `count` on are zeros.
struct graft_query_block {
  long first, count, vectors, lanes;
};

/// Fills in windows and sides, and copies the tables.
void graft_image_attention_begin(struct graft_image_attention *work, const float *table_h,
                                 const float *table_w);

/// Gives the tables' copies back.
void graft_image_attention_end(struct graft_image_attention *work);

/// The window and head of a task, one for each batch entry, window and head.
struct graft_window graft_window_of(const struct graft_image_attention *work, long index);

/// How many rows of the key grid make a block of scores.
long graft_score_rows(const struct graft_image_attention *work);

/// Where the head's part of a token of the window lies in a map of `width` floats a token.
long graft_window_place(const struct graft_image_attention *work, const struct graft_window *at, long i,
                        long j, long width);

/// Into how many blocks a window's queries are cut, as even as they can be.
long graft_query_blocks(const struct graft_window *at);

/// Block `index` of them.
struct graft_query_block graft_query_block_of(const struct graft_window *at, long index);

/// rows [lanes, padded] of a block from a map of `width` floats a token, multiplied by `scale`; zeros elsewhere.
void graft_block_rows(const struct graft_image_attention *work, const struct graft_window *at,
                      const struct graft_query_block *block, const float *map, long width, float scale,
                      float *rows);

/// The tokens of a map of `width` floats a token from a block's rows [lanes, padded], multiplied by `scale`.
void graft_block_scatter(const struct graft_image_attention *work, const struct graft_window *at,
                         const struct graft_query_block *block, const float *rows, float scale, float *map,
                         long width);

/// Copies a block's logarithms of sums, to the base 2, between lanes and [batch, heads, rows, columns].
void graft_block_logsums(const struct graft_image_attention *work, const struct graft_window *at,
                         const struct graft_query_block *block, float *lanes, int to_map);

/// Keys and values [side_h · side_w, padded] of the whole window, padding tokens included.
void graft_window_keys(const struct graft_image_attention *work, const struct graft_window *at, float *k,
                       float *v);

/// The floats `scratch` of the next functions needs.
long graft_relative_scratch(const struct graft_image_attention *work);

/// height [side_h, lanes] and across [side_w, lanes]: a block's queries by the tables' rows, from columns [padded, lanes].
void graft_relative_positions(const struct graft_image_attention *work, const struct graft_window *at,
                              const struct graft_query_block *block, const float *columns, float *height,
                              float *across, float *scratch);

/// Adds to dcolumns [padded, lanes] and, where they are not NULL, to the tables' gradients what dheight and dacross mean;
/// `rows` are the block's queries.
void graft_relative_positions_backward(const struct graft_image_attention *work,
                                       const struct graft_window *at, const struct graft_query_block *block,
                                       const float *rows, const float *dheight, const float *dacross,
                                       float *dcolumns, float *dtable_h, float *dtable_w, float *scratch);
