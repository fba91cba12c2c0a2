// SSD: the twins of detector/heads/ssd.py (boxes) and ssd_raw.py (offsets from anchors).
// kernels: decode_ssd_f32 decode_ssd_f16 decode_ssd_raw_f32 decode_ssd_raw_f16
// kernels: decode_ssd_given_anchors_f32 decode_ssd_given_anchors_f16
#include "activation.cuh"

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

__device__ __forceinline__ float4 in_pixels(float4 corners, Picture picture) {
    return {corners.x * picture.width, corners.y * picture.height, corners.z * picture.width,
            corners.w * picture.height};
}

__device__ __forceinline__ float4 from_anchor(float4 offsets, float4 anchor) {
    float x = offsets.x * CENTRE_VARIANCE * anchor.z + anchor.x, y = offsets.y * CENTRE_VARIANCE * anchor.w + anchor.y;
    float half_width = expf(offsets.z * SIZE_VARIANCE) * anchor.z * 0.5f;
    float half_height = expf(offsets.w * SIZE_VARIANCE) * anchor.w * 0.5f;
    return {x - half_width, y - half_height, x + half_width, y + half_height};
}

// Of the scores [rows, columns] the first `background` are no classes. `corners(row)` is a box relative to the picture.
template <typename T, typename Corners>
__device__ __forceinline__ void decode(const T *scores, int rows, int background, int activation, Picture picture,
                                       const Settings *settings, Candidates *candidates, Corners corners) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    int columns = candidates->classes + background;
    auto probabilities = probabilities_of(scores + row * columns, columns, 1, activation);
    auto score = [&](int c) { return probabilities(c + background); };
    if (admit_row(candidates, settings, row, settings->confidence, score, Probability()))
        place_box(candidates, row, in_pixels(corners(row), picture));
}

#define DECODED(name, T)                                                                                         \
    extern "C" __global__ void name(const T *scores, const T *boxes, int rows, int background, int activation,   \
                                    int x_column, float width, float height, const Settings *settings,           \
                                    Candidates *candidates) {                                                    \
        auto corners = [=](int row) { return ordered(boxes + row * 4, x_column); };                              \
        decode(scores, rows, background, activation, Picture{width, height}, settings, candidates, corners);     \
    }
DECODED(decode_ssd_f32, float)
DECODED(decode_ssd_f16, Half)

#define ENCODED(name, T, Anchor)                                                                                    \
    extern "C" __global__ void name(const T *scores, const T *offsets, const Anchor *anchors, int rows,             \
                                    int background, int activation, int x_column, float width, float height,        \
                                    const Settings *settings, Candidates *candidates) {                             \
        auto corners = [=](int row) {                                                                               \
            return from_anchor(ordered(offsets + row * 4, x_column), ordered(anchors + row * 4, x_column));         \
        };                                                                                                          \
        decode(scores, rows, background, activation, Picture{width, height}, settings, candidates, corners);        \
    }
ENCODED(decode_ssd_raw_f32, float, float)
ENCODED(decode_ssd_raw_f16, Half, float)
ENCODED(decode_ssd_given_anchors_f32, float, float)  // the network gives the anchors
ENCODED(decode_ssd_given_anchors_f16, Half, Half)
