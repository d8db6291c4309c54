#include "internal/exponentials.h"

#include "internal/dispatch.h"
#include "internal/mathematics.h"

enum { LANES = 16 };

GRAFT_BODY graft_exponentials_body(float *scores, float *maxima, float *sums, long rows, long n) {
  for (long i = 0; i < rows; i++) {
    float *row = scores + i * n;
    float lanes[LANES], totals[LANES] = {0};
    for (int l = 0; l < LANES; l++) lanes[l] = row[0];
    long j = 0;
    for (; j + LANES <= n; j += LANES)
      for (int l = 0; l < LANES; l++) lanes[l] = row[j + l] > lanes[l] ? row[j + l] : lanes[l];
    float maximum = lanes[0];
    for (int l = 1; l < LANES; l++) maximum = lanes[l] > maximum ? lanes[l] : maximum;
    for (; j < n; j++) maximum = row[j] > maximum ? row[j] : maximum;
    for (j = 0; j + LANES <= n; j += LANES)
      for (int l = 0; l < LANES; l++) {
        float power = graft_exp(row[j + l] - maximum);
        row[j + l] = power;
        totals[l] += power;
      }
    float sum = 0;
    for (int l = 0; l < LANES; l++) sum += totals[l];
    for (; j < n; j++) sum += row[j] = graft_exp(row[j] - maximum);
    maxima[i] = maximum;
    sums[i] = sum;
  }
}
GRAFT_DISPATCH(graft_exponentials, (float *scores, float *maxima, float *sums, long rows, long n),
               (scores, maxima, sums, rows, n))
