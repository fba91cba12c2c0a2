// FastestDet: the twin of detector/heads/fastestdet.py. Channels [5 + C, H, W]: objectness, four box values, classes.
// kernels: decode_fastestdet_f32 decode_fastestdet_f16
#include "candidates.cuh"

template <typename T>
__device__ void decode(const T *channels, int rows, int columns, float width, float height, const Settings *settings,
                       Candidates *candidates) {
    int cells = rows * columns, cell = blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= cells) return;
    auto channel = [=](int c) { return widen(channels[c * cells + cell]); };
    float objectness = channel(0), part = powf(objectness, 0.6f);
    if (isnan(objectness)) atomicOr(&candidates->flags, NAN_MET);
    if (!(part >= settings->confidence)) return;
    auto score = [=](int c) { return part * powf(channel(5 + c), 0.4f); };
    if (!admit_row(candidates, settings, cell, settings->confidence, score, Probability())) return;
    float x = (tanhf(channel(1)) + cell % columns) / columns * width;
    float y = (tanhf(channel(2)) + cell / columns) / rows * height;
    place_box(candidates, cell, corners(x, y, Sigmoid()(channel(3)) * width, Sigmoid()(channel(4)) * height));
}

#define KERNEL(name, T)                                                                                          \
    extern "C" __global__ void name(const T *channels, int rows, int columns, float width, float height,         \
                                    const Settings *settings, Candidates *candidates) {                          \
        decode(channels, rows, columns, width, height, settings, candidates);                                    \
    }
KERNEL(decode_fastestdet_f32, float)
KERNEL(decode_fastestdet_f16, Half)
