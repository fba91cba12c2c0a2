// YOLOv5, v6 and v7: a table [rows, columns] in input pixels, or the raw levels [3, H, W, columns] of three strides.
// kernels: decode_yolov5_f32 decode_yolov5_f16 decode_yolov5_levels_f32 decode_yolov5_levels_f16
#include "objectness.cuh"

template <typename T>
__device__ void decode_table(const T *table, int rows, int columns, int logits, const Settings *settings,
                             Candidates *candidates) {
    Eight team;
    const T *row = team.row < rows ? table + team.row * columns : nullptr;
    auto box = [](const T *row) { return corners(widen(row[0]), widen(row[1]), widen(row[2]), widen(row[3])); };
    decode_likely(candidates, settings, team, row, Activation{logits}, box);
}

template <typename T> struct Levels {
    const T *fine, *middle, *coarse;
    int middle_row, coarse_row, rows, columns;  // first rows of the coarser levels, and of nothing

    __device__ const T *at(int row) const {
        if (row < middle_row) return fine + row * columns;
        if (row < coarse_row) return middle + (row - middle_row) * columns;
        return row < rows ? coarse + (row - coarse_row) * columns : nullptr;
    }
};

// The formula of detector/anchors.py.
struct Anchored {
    const float *cell;  // x, y, stride, anchor's width and height in input pixels

    template <typename T> __device__ float4 operator()(const T *row) const {
        float x = (2.0f * share(row[0]) - 0.5f) * cell[2] + cell[0];
        float y = (2.0f * share(row[1]) - 0.5f) * cell[2] + cell[1];
        float width = 2.0f * share(row[2]), height = 2.0f * share(row[3]);
        return corners(x, y, width * width * cell[3], height * height * cell[4]);
    }

  private:
    template <typename T> __device__ static float share(T value) { return Sigmoid()(widen(value)); }
};

template <typename T>
__device__ void decode_levels(const Levels<T> &levels, const float *cells, const Settings *settings,
                              Candidates *candidates) {
    Eight team;
    const T *row = levels.at(team.row);
    if (row && widen(row[4]) < settings->least_logit) row = nullptr;
    decode_likely(candidates, settings, team, row, Activation{1}, Anchored{cells + team.row * 5});
}

#define DECODE_YOLOV5(SUFFIX, T)                                                                                     \
    extern "C" __global__ void decode_yolov5_##SUFFIX(const T *table, int rows, int columns, int logits,             \
                                                      const Settings *settings, Candidates *candidates) {            \
        decode_table(table, rows, columns, logits, settings, candidates);                                            \
    }                                                                                                                \
    extern "C" __global__ void decode_yolov5_levels_##SUFFIX(                                                        \
        const T *fine, const T *middle, const T *coarse, const float *cells, int middle_row, int coarse_row,         \
        int rows, int columns, const Settings *settings, Candidates *candidates) {                                   \
        Levels<T> levels = {fine, middle, coarse, middle_row, coarse_row, rows, columns};                            \
        decode_levels(levels, cells, settings, candidates);                                                          \
    }
DECODE_YOLOV5(f32, float)
DECODE_YOLOV5(f16, Half)
