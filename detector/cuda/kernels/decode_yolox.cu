// YOLOX as its own exporter leaves it: a table [rows, columns] of offsets from the cells.
// kernels: decode_yolox_f32 decode_yolox_f16
#include "objectness.cuh"

struct FromCell {
    const float *cell;  // x, y and stride in input pixels

    template <typename T> __device__ float4 operator()(const T *row) const {
        float x = widen(row[0]) * cell[2] + cell[0], y = widen(row[1]) * cell[2] + cell[1];
        return corners(x, y, expf(widen(row[2])) * cell[2], expf(widen(row[3])) * cell[2]);
    }
};

template <typename T>
__device__ void decode(const T *table, const float *cells, int rows, int columns, int logits, const Settings *settings,
                       Candidates *candidates) {
    Eight team;
    const T *row = team.row < rows ? table + team.row * columns : nullptr;
    decode_likely(candidates, settings, team, row, Activation{logits}, FromCell{cells + team.row * 3});
}

#define DECODE_YOLOX(SUFFIX, T)                                                                                 \
    extern "C" __global__ void decode_yolox_##SUFFIX(const T *table, const float *cells, int rows, int columns, \
                                                     int logits, const Settings *settings,                      \
                                                     Candidates *candidates) {                                  \
        decode(table, cells, rows, columns, logits, settings, candidates);                                      \
    }
DECODE_YOLOX(f32, float)
DECODE_YOLOX(f16, Half)
