// YOLOv8 and its kin, channels first: the table [4 + C, rows] holds centre, size and class scores in input pixels.
// kernels: decode_yolov8_f32 decode_yolov8_f16
#include "team.cuh"

template <typename T>
__device__ void decode(const T *table, int rows, int logits, const Settings *settings, Candidates *candidates) {
    Team<4, 8> team;
    const T *cell = table + team.row;
    float least = logits ? settings->least_logit : settings->confidence;
    auto score = [=](int c) { return widen(cell[(4 + c) * rows]); };
    auto finish = [=](float value) { return logits ? Sigmoid()(value) : value; };
    if (team.admit(candidates, settings, team.row < rows, least, score, finish))
        place_box(candidates, team.row,
                  corners(widen(cell[0]), widen(cell[rows]), widen(cell[2 * rows]), widen(cell[3 * rows])));
}

#define DECODE_YOLOV8(SUFFIX, T)                                                                               \
    extern "C" __global__ void decode_yolov8_##SUFFIX(const T *table, int rows, int logits,                    \
                                                      const Settings *settings, Candidates *candidates) {      \
        decode(table, rows, logits, settings, candidates);                                                     \
    }
DECODE_YOLOV8(f32, float)
DECODE_YOLOV8(f16, Half)
