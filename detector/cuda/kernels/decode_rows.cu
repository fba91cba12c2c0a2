// Rows of a box (centre and size) and class scores, in one table or in two: transformers, YOLOv8 transposed.
// kernels: decode_rows_f32 decode_rows_f16
#include "team.cuh"

template <typename T> struct Rows {
    const T *boxes, *scores;
    int count, box_columns, score_columns, logits;
    float width, height;  // of what 1 means in a box, in input pixels

    __device__ float4 box(int row) const {
        const T *box = boxes + row * box_columns;
        float4 relative = corners(widen(box[0]), widen(box[1]), widen(box[2]), widen(box[3]));
        return {relative.x * width, relative.y * height, relative.z * width, relative.w * height};
    }
};

template <typename T> __device__ void decode(const Rows<T> &rows, const Settings *settings, Candidates *candidates) {
    Team<8, 1> team;
    const T *scores = rows.scores + team.row * rows.score_columns;
    float least = rows.logits ? settings->least_logit : settings->confidence;
    auto score = [=](int c) { return widen(scores[c]); };
    auto finish = [&](float value) { return rows.logits ? Sigmoid()(value) : value; };
    if (team.admit(candidates, settings, team.row < rows.count, least, score, finish))
        place_box(candidates, team.row, rows.box(team.row));
}

// `first_class` is the column of class 0 in the scores.
#define DECODE_ROWS(SUFFIX, T)                                                                                      \
    extern "C" __global__ void decode_rows_##SUFFIX(                                                                \
        const T *boxes, const T *scores, int count, int box_columns, int score_columns, int first_class,            \
        int logits, float width, float height, const Settings *settings, Candidates *candidates) {                  \
        Rows<T> rows = {boxes, scores + first_class, count, box_columns, score_columns, logits, width, height};     \
        decode(rows, settings, candidates);                                                                         \
    }
DECODE_ROWS(f32, float)
DECODE_ROWS(f16, Half)
