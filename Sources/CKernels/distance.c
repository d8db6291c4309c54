#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "internal/dispatch.h"
#include "mask.h"
#include "pool.h"
#include "threads.h"

/// Exact Euclidean distances from some voxels to the nearest of others.
///
/// The squared distance is min over z' of ((z - z') sz)² + p(z', y, x), and p, that in a slice, is the same of the
/// lines y' and of the distances along their rows. All rows are gone through once. The rest is a search that goes
/// outward from the voxel and ends where the next slice or line alone is too far, and p is searched for only where it
/// is asked for, in chunks of a row, which is near the surfaces.
enum { CHUNK = 16 };

typedef double doubles __attribute__((vector_size(CHUNK * 8), aligned(8)));
typedef float floats __attribute__((vector_size(CHUNK * 4), aligned(4), may_alias));
typedef int64_t truths __attribute__((vector_size(CHUNK * 8)));

struct search {
  const uint64_t *queries, *targets;
  /// How many voxels the nearest target of the same row is away, [slices, lines, width]; a row without is not written.
  float *offsets;
  /// Whether a row has a target, [slices, lines].
  unsigned char *filled;
  /// |k| at k, for |k| <= columns.
  const float *ramp;
  double *distances;
  /// Where the distances of each line begin.
  const long *starts;
  long slices, lines, columns, words, width;
  double spacing[3];
};

static void write_offsets(const struct search *s, float *row, const uint64_t *bits) {
  long written = 0, previous = -1;
  for (long w = 0; w < s->words; w++) {
    for (uint64_t word = bits[w]; word; word &= word - 1) {
      long column = 64 * w + __builtin_ctzll(word);
      if (previous >= 0) {
        long middle = (previous + column) / 2 + 1;
        memcpy(row + written, s->ramp + (written - previous), (middle - written) * sizeof *row);
        written = middle;
      }
      memcpy(row + written, s->ramp + (written - column), (column + 1 - written) * sizeof *row);
      written = column + 1;
      previous = column;
    }
  }
  memcpy(row + written, s->ramp + (written - previous), (s->columns - written) * sizeof *row);
  for (long column = s->columns; column < s->width; column++) row[column] = 0;
}

static void rows_task(void *context, long slice) {
  struct search *s = context;
  for (long row = slice * s->lines; row < (slice + 1) * s->lines; row++) {
    const uint64_t *bits = s->targets + row * s->words;
    s->filled[row] = 0;
    for (long w = 0; w < s->words; w++) s->filled[row] |= bits[w] != 0;
    if (s->filled[row]) write_offsets(s, s->offsets + row * s->width, bits);
  }
}

#define INLINE static inline __attribute__((always_inline))

/// best = min(best, (spacing · row)² + square) for a chunk of a row's offsets.
INLINE void add_row(doubles *best, const float *row, double spacing, double square) {
  doubles along = __builtin_convertvector(*(const floats *)row, doubles) * spacing;
  *best = __builtin_elementwise_min(*best, along * along + square);
}

/// The squared distances in a slice for a chunk of a row's voxels.
INLINE void search_lines(double *chunk, const struct search *s, long slice, long line, long column) {
  const float *own = s->offsets + (slice * s->lines + line) * s->width + column;
  const unsigned char *filled = s->filled + slice * s->lines + line;
  long below = line, above = s->lines - 1 - line;
  double along = s->spacing[2];
  doubles best = (doubles){} + INFINITY;
  if (filled[0]) add_row(&best, own, along, 0);
  for (long k = 1; k <= below || k <= above; k++) {
    double across = k * s->spacing[1], square = across * across;
    if (!__builtin_reduce_or((truths)(best > square))) break;
    if (k <= below && filled[-k]) add_row(&best, own - k * s->width, along, square);
    if (k <= above && filled[k]) add_row(&best, own + k * s->width, along, square);
  }
  memcpy(chunk, &best, sizeof best);
}

/// The squared distance of a query; `section` [slices, width] holds the chunks of p that are `known` in its line.
INLINE double search_slices(const struct search *s, long slice, long line, long column,
                            double *section, unsigned char *known) {
  long chunk = column / CHUNK, chunks = s->width / CHUNK;
  long below = slice, above = s->slices - 1 - slice;
  double best = INFINITY;
  for (long k = 0; k <= below || k <= above; k++) {
    double across = k * s->spacing[0], square = across * across;
    if (square >= best) break;
    for (long other = slice - k; other <= slice + k; other += k ? 2 * k : 1) {
      if (other < 0 || other >= s->slices) continue;
      double *values = section + other * s->width;
      if (!known[other * chunks + chunk]) {
        search_lines(values + chunk * CHUNK, s, other, line, chunk * CHUNK);
        known[other * chunks + chunk] = 1;
      }
      if (values[column] + square < best) best = values[column] + square;
    }
  }
  return best;
}

GRAFT_BODY mask_search_line_body(const struct search *s, long line, double *section,
                                 unsigned char *known) {
  double *distance = s->distances + s->starts[line];
  memset(known, 0, s->slices * (s->width / CHUNK));
  for (long slice = 0; slice < s->slices; slice++) {
    const uint64_t *bits = s->queries + (slice * s->lines + line) * s->words;
    for (long w = 0; w < s->words; w++)
      for (uint64_t word = bits[w]; word; word &= word - 1) {
        long column = 64 * w + __builtin_ctzll(word);
        *distance++ = sqrt(search_slices(s, slice, line, column, section, known));
      }
  }
}
GRAFT_DISPATCH(mask_search_line,
               (const struct search *s, long line, double *section, unsigned char *known),
               (s, line, section, known))

static void line_task(void *context, long line) {
  struct search *s = context;
  if (s->starts[line] == s->starts[line + 1]) return;
  size_t count = s->slices * s->width, bytes = count * (sizeof(double) + 1);
  double *section = graft_pool_take(bytes);
  mask_search_line(s, line, section, (unsigned char *)(section + count));
  graft_pool_give(section, bytes);
}

/// Where the distances of each line begin, the queries being counted line by line.
static void count_queries(const struct search *s, long *starts) {
  memset(starts, 0, (s->lines + 1) * sizeof *starts);
  for (long row = 0; row < s->slices * s->lines; row++)
    for (long w = 0; w < s->words; w++)
      starts[row % s->lines + 1] += __builtin_popcountll(s->queries[row * s->words + w]);
  for (long line = 0; line < s->lines; line++) starts[line + 1] += starts[line];
}

void graft_mask_distances(double *distances, const uint64_t *queries, const uint64_t *targets,
                          const long extents[3], const double spacing[3]) {
  long slices = extents[0], lines = extents[1], columns = extents[2];
  long width = (columns + CHUNK - 1) / CHUNK * CHUNK, rows = slices * lines;
  size_t bytes = rows * (width * sizeof(float) + 1);
  size_t table_bytes = (2 * columns + 1) * sizeof(float) + (lines + 1) * sizeof(long);
  float *offsets = graft_pool_take(bytes);
  long *starts = graft_pool_take(table_bytes);
  float *ramp = (float *)(starts + lines + 1) + columns;
  for (long k = -columns; k <= columns; k++) ramp[k] = labs(k);
  struct search search = {
      queries, targets, offsets, (unsigned char *)(offsets + rows * width), ramp, distances, starts,
      slices,  lines,   columns, (columns + 63) / 64, width,
      {spacing[0], spacing[1], spacing[2]}};
  count_queries(&search, starts);
  graft_parallel(slices, rows_task, &search);
  graft_parallel(lines, line_task, &search);
  graft_pool_give(starts, table_bytes);
  graft_pool_give(offsets, bytes);
}
