#pragma once
#include <stdint.h>

/// words = one bit for each of `rows` x `width` bytes, set where the byte is `label`; every row starts a new word.
void graft_mask_pack(uint64_t *words, const uint8_t *bytes, uint8_t label, long rows, long width);

/// The number of bits set in `count` words.
long graft_mask_count(const uint64_t *words, long count);

/// The number of bits set in both of two sequences of `count` words.
long graft_mask_common(const uint64_t *a, const uint64_t *b, long count);

/// The part of a grid of bits [slices, lines, columns] that is looked at; its columns start at whole words.
struct graft_mask_box {
  long grid[3], lower[3], extents[3];
};

/// surface [slices, lines, words of the box] = the bits that the cross of 6 neighbours (of 4 unless `volume`) erodes.
///
/// What lies outside of the grid is not set.
void graft_mask_surface(uint64_t *surface, const uint64_t *words, const struct graft_mask_box *box,
                        int volume);

/// distances = for each bit of `queries` the distance to the nearest of `targets`, of which there is one at least.
///
/// Both are [slices, lines, columns] in rows of whole words, `spacing` apart along each axis. The distances come line
/// by line, in each slice by slice.
void graft_mask_distances(double *distances, const uint64_t *queries, const uint64_t *targets,
                          const long extents[3], const double spacing[3]);
