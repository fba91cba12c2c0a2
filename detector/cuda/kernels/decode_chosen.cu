// Rows that the network chose itself: corners, one score and one class each.
// kernels: decode_end_to_end_f32 decode_end_to_end_f16
// kernels: decode_ranked_f32_i32 decode_ranked_f32_i64 decode_ranked_f16_i32 decode_ranked_f16_i64
#include "candidates.cuh"

__device__ __forceinline__ bool admit_chosen(Candidates *candidates, const Settings *settings, int row, float score,
                                             long long class_id) {
    if (isnan(score)) atomicOr(&candidates->flags, NAN_MET);
    if (!(score >= settings->confidence)) return false;
    bool known = class_id >= 0 && class_id < candidates->classes;
    if (!known) atomicOr(&candidates->flags, CLASS_UNKNOWN);
    if (!known || !is_wanted(settings, int(class_id))) return false;
    admit(candidates, row, int(class_id), score);
    return true;
}

// A table [rows, 6] in input pixels: x1, y1, x2, y2, score, class.
template <typename T>
__device__ void decode_table(const T *table, int rows, const Settings *settings, Candidates *candidates) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    const T *values = table + row * 6;
    float class_id = widen(values[5]);
    if (isnan(class_id)) atomicOr(&candidates->flags, NAN_MET);
    if (admit_chosen(candidates, settings, row, widen(values[4]), (long long)class_id))
        place_box(candidates, row, {widen(values[0]), widen(values[1]), widen(values[2]), widen(values[3])});
}

// Boxes [rows, 4] relative to the picture, scores [rows] and labels [rows].
template <typename T, typename Label> struct Ranked {
    const T *boxes, *scores;
    const Label *labels;
    int rows;
    float width, height;

    __device__ void decode(const Settings *settings, Candidates *candidates) const {
        int row = blockIdx.x * blockDim.x + threadIdx.x;
        if (row >= rows) return;
        const T *box = boxes + row * 4;
        if (admit_chosen(candidates, settings, row, widen(scores[row]), labels[row]))
            place_box(candidates, row, {widen(box[0]) * width, widen(box[1]) * height, widen(box[2]) * width,
                                        widen(box[3]) * height});
    }
};

#define DECODE_END_TO_END(SUFFIX, T)                                                                                 \
    extern "C" __global__ void decode_end_to_end_##SUFFIX(const T *table, int rows, const Settings *settings,        \
                                                          Candidates *candidates) {                                  \
        decode_table(table, rows, settings, candidates);                                                             \
    }
DECODE_END_TO_END(f32, float)
DECODE_END_TO_END(f16, Half)

#define DECODE_RANKED(SUFFIX, T, LABEL)                                                                              \
    extern "C" __global__ void decode_ranked_##SUFFIX(const T *boxes, const T *scores, const LABEL *labels,          \
                                                      int rows, float width, float height,                           \
                                                      const Settings *settings, Candidates *candidates) {            \
        Ranked<T, LABEL>{boxes, scores, labels, rows, width, height}.decode(settings, candidates);                   \
    }
DECODE_RANKED(f32_i32, float, int)
DECODE_RANKED(f32_i64, float, long long)
DECODE_RANKED(f16_i32, Half, int)
DECODE_RANKED(f16_i64, Half, long long)
