// NanoDet and PP-PicoDet: the twin of detector/dfl.py. One call a level; `points` are x, y and stride of its cells.
// kernels: decode_distances_f32 decode_distances_f16
#include "team.cuh"

struct Likelihood {  // a sigmoid where the scores are logits
    int logits;
    __device__ float operator()(float score) const { return logits ? Sigmoid()(score) : score; }
};

// The expectation of a softmax over bins.
template <typename T>
__device__ __forceinline__ float expected(const T *bins, int count) {
    float highest = -INFINITY, total = 0.0f, sum = 0.0f;
    for (int i = 0; i < count; i++) highest = fmaxf(highest, widen(bins[i]));
    for (int i = 0; i < count; i++) {
        float weight = expf(widen(bins[i]) - highest);
        total += weight;
        sum += weight * i;
    }
    return sum / total;
}

// Scores [cells, C] and bins [cells, 4 * count] in rows of `score_row` and `bin_row` numbers, the bins from `bin_start`.
template <typename T>
__device__ void decode(const T *scores, const T *bins, const float *points, int cells, int first, int score_row,
                       int bin_row, int bin_start, int count, int logits, const Settings *settings,
                       Candidates *candidates) {
    Team<8, 1> team;
    int cell = team.row;
    const T *row = scores + cell * score_row;
    float least = logits ? settings->least_logit : settings->confidence;
    auto score = [=](int c) { return widen(row[c]); };
    team.row += first;
    if (!team.admit(candidates, settings, cell < cells, least, score, Likelihood{logits})) return;
    const T *sides = bins + cell * bin_row + bin_start;
    float x = points[cell * 3], y = points[cell * 3 + 1], stride = points[cell * 3 + 2];
    float left = expected(sides, count) * stride, top = expected(sides + count, count) * stride;
    float right = expected(sides + 2 * count, count) * stride, bottom = expected(sides + 3 * count, count) * stride;
    place_box(candidates, team.row, float4{x - left, y - top, x + right, y + bottom});
}

#define KERNEL(name, T)                                                                                              \
    extern "C" __global__ void name(const T *scores, const T *bins, const float *points, int cells, int first,       \
                                    int score_row, int bin_row, int bin_start, int count, int logits,                \
                                    const Settings *settings, Candidates *candidates) {                              \
        decode(scores, bins, points, cells, first, score_row, bin_row, bin_start, count, logits, settings, candidates); \
    }
KERNEL(decode_distances_f32, float)
KERNEL(decode_distances_f16, Half)
