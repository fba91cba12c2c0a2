// Yolo-FastestV2: the twin of detector/heads/yolo_fastestv2.py. One call a level; a row is an anchor of a cell.
// kernels: decode_yolo_fastestv2_f32 decode_yolo_fastestv2_f16
// kernels: decode_yolo_fastestv2_raw_f32 decode_yolo_fastestv2_raw_f16
#include "activation.cuh"

constexpr int ANCHORS = 3, BOX = 4 * ANCHORS;

struct Level {  // its tables, and where its rows begin
    const float *points;   // [cells, 3]: x, y and stride
    const float *anchors;  // [3, 2]: widths and heights
    int first;
};

// The formula of detector/anchors.py; `box(i)` is a probability.
template <typename Box>
__device__ __forceinline__ float4 anchored(Box box, const float *point, const float *anchor) {
    float x = (2.0f * box(0) - 0.5f) * point[2] + point[0], y = (2.0f * box(1) - 0.5f) * point[2] + point[1];
    float across = 2.0f * box(2), down = 2.0f * box(3);
    return corners(x, y, across * across * anchor[0], down * down * anchor[1]);
}

// `finish` turns what the network gives for boxes and objectness into a probability; all are `step` numbers apart.
template <typename T, typename Finish>
__device__ __forceinline__ void decode(const T *boxes, const T *objectness, const T *classes, int step, Level level,
                                       int item, int activation, Finish finish, const Settings *settings,
                                       Candidates *candidates) {
    int cell = item / ANCHORS, anchor = item % ANCHORS, row = level.first + item;
    float object = finish(widen(objectness[anchor * step]));
    if (isnan(object)) atomicOr(&candidates->flags, NAN_MET);
    if (!(object >= settings->confidence)) return;
    Probabilities<T> shared{classes, step, activation};
    shared = shared_by<1>(0, candidates->classes, shared);
    auto score = [&](int c) { return object * shared(c); };
    if (!admit_row(candidates, settings, row, settings->confidence, score, Probability())) return;
    auto box = [=](int i) { return finish(widen(boxes[(anchor * 4 + i) * step])); };
    place_box(candidates, row, anchored(box, level.points + cell * 3, level.anchors + anchor * 2));
}

#define ACTIVATED(name, T)                                                                                          \
    extern "C" __global__ void name(const T *table, const float *points, const float *anchors, int cells, int first, \
                                    const Settings *settings, Candidates *candidates) {                             \
        int item = blockIdx.x * blockDim.x + threadIdx.x, channels = BOX + ANCHORS + candidates->classes;           \
        if (item >= cells * ANCHORS) return;                                                                        \
        const T *cell = table + item / ANCHORS * channels;                                                          \
        decode(cell, cell + BOX, cell + BOX + ANCHORS, 1, Level{points, anchors, first}, item, 0,            \
               Probability(), settings, candidates);                                                                \
    }
ACTIVATED(decode_yolo_fastestv2_f32, float)
ACTIVATED(decode_yolo_fastestv2_f16, Half)

#define RAW(name, T)                                                                                           \
    extern "C" __global__ void name(const T *boxes, const T *objectness, const T *classes, const float *points, \
                                    const float *anchors, int cells, int first, const Settings *settings,      \
                                    Candidates *candidates) {                                                  \
        int item = blockIdx.x * blockDim.x + threadIdx.x, cell = item / ANCHORS;                               \
        if (item >= cells * ANCHORS) return;                                                                   \
        decode(boxes + cell, objectness + cell, classes + cell, cells, Level{points, anchors, first},   \
               item, SOFTMAX, Sigmoid(), settings, candidates);                                                \
    }
RAW(decode_yolo_fastestv2_raw_f32, float)
RAW(decode_yolo_fastestv2_raw_f16, Half)
