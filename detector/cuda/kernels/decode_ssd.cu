// SSD: the twins of detector/heads/ssd.py (boxes) and ssd_raw.py (offsets from anchors).
// kernels: decode_ssd_f32 decode_ssd_f16 decode_ssd_raw_f32 decode_ssd_raw_f16
// kernels: decode_ssd_given_anchors_f32 decode_ssd_given_anchors_f16
#include "activation.cuh"
#include "team.cuh"

constexpr float CENTRE_VARIANCE = 0.1f, SIZE_VARIANCE = 0.2f;

struct Picture {
    float width, height;
};

// Two pairs of numbers: column `x_column` of each pair belongs to x, the other to y.
template <typename T>
__device__ __forceinline__ float4 ordered(const T *row, int x_column) {
    int y_column = 1 - x_column;
    return {widen(row[x_column]), widen(row[y_column]), widen(row[2 + x_column]), widen(row[2 + y_column])};
}

__device__ __forceinline__ float4 in_pixels(float4 box, Picture picture) {
    return {box.x * picture.width, box.y * picture.height, box.z * picture.width, box.w * picture.height};
}

__device__ __forceinline__ float4 from_anchor(float4 offsets, float4 anchor) {
    float x = offsets.x * CENTRE_VARIANCE * anchor.z + anchor.x, y = offsets.y * CENTRE_VARIANCE * anchor.w + anchor.y;
    return corners(x, y, expf(offsets.z * SIZE_VARIANCE) * anchor.z, expf(offsets.w * SIZE_VARIANCE) * anchor.w);
}

// Of the scores [rows, columns] the first `background` are no classes. `box(row)` is relative to the picture.
template <typename T, typename Box>
__device__ __forceinline__ void decode(const T *scores, int rows, int background, int activation, Picture picture,
                                       const Settings *settings, Candidates *candidates, Box box) {
    Team<8, 1> team;
    bool is_row = team.row < rows;
    int columns = candidates->classes + background;
    Probabilities<T> row{scores + team.row * columns, 1, activation};
    row = shared_by<8>(team.member, is_row ? columns : 0, row);
    auto score = [&](int c) { return row(c + background); };
    if (team.admit(candidates, settings, is_row, settings->confidence, score, Probability()))
        place_box(candidates, team.row, in_pixels(box(team.row), picture));
}

#define DECODED(name, T)                                                                                         \
    extern "C" __global__ void name(const T *scores, const T *boxes, int rows, int background, int activation,   \
                                    int x_column, float width, float height, const Settings *settings,           \
                                    Candidates *candidates) {                                                    \
        auto box = [=](int row) { return ordered(boxes + row * 4, x_column); };                              \
        decode(scores, rows, background, activation, Picture{width, height}, settings, candidates, box);         \
    }
DECODED(decode_ssd_f32, float)
DECODED(decode_ssd_f16, Half)

#define ENCODED(name, T, Anchor)                                                                                    \
    extern "C" __global__ void name(const T *scores, const T *offsets, const Anchor *anchors, int rows,             \
                                    int background, int activation, int x_column, float width, float height,        \
                                    const Settings *settings, Candidates *candidates) {                             \
        auto box = [=](int row) {                                                                               \
            return from_anchor(ordered(offsets + row * 4, x_column), ordered(anchors + row * 4, x_column));         \
        };                                                                                                          \
        decode(scores, rows, background, activation, Picture{width, height}, settings, candidates, box);            \
    }
ENCODED(decode_ssd_raw_f32, float, float)
ENCODED(decode_ssd_raw_f16, Half, float)
ENCODED(decode_ssd_given_anchors_f32, float, float)  // the network gives the anchors
ENCODED(decode_ssd_given_anchors_f16, Half, Half)
