// What decode kernels write and suppress.cu reads.
//
// A candidate is a row of a network's table (one box) with one class and a score. It is a 64-bit key that sorts as the
// NumPy reference does: by score, on equal scores the lower index first; the index is row * classes + class. Boxes are
// stored once a row, so the key alone tells all.
#pragma once
#include "numbers.cuh"

struct Settings {        // thresholds and class filter, in device memory: to change them nothing is captured again
    float confidence;    // lowest score
    float least_logit;   // the same before a sigmoid
    float iou;           // greatest overlap that is no suppression
    int max_detections;
    int multi_label;     // 1: every class of a row that is above the threshold, 0: the best one
    int class_agnostic;  // 1: classes suppress each other
    unsigned wanted[1];  // a bit for each class: is it kept? As many words as that takes: NVRTC refuses []
};

constexpr unsigned NAN_MET = 1, BOX_NOT_FINITE = 2, CLASS_UNKNOWN = 4;

struct Candidates {
    unsigned long long *keys;  // [rows * classes]
    float4 *boxes;             // [rows]: x1, y1, x2, y2 in network input pixels
    int rows, classes;
    unsigned count;            // keys written; 0 before the first decode kernel of a frame
    unsigned flags;            // NAN_MET, BOX_NOT_FINITE, CLASS_UNKNOWN
};

__device__ __forceinline__ bool is_wanted(const Settings *settings, int class_id) {
    return settings->wanted[class_id >> 5] >> (class_id & 31) & 1;
}

__device__ __forceinline__ void admit(Candidates *candidates, int row, int class_id, float score) {
    unsigned index = unsigned(row) * candidates->classes + class_id;
    unsigned place = atomicAdd(&candidates->count, 1u);
    candidates->keys[place] = (unsigned long long)__float_as_uint(score + 0.0f) << 32 | (0xffffffffu - index);
}

__device__ __forceinline__ void place_box(Candidates *candidates, int row, float4 corners) {
    if (!isfinite(corners.x) || !isfinite(corners.y) || !isfinite(corners.z) || !isfinite(corners.w))
        atomicOr(&candidates->flags, BOX_NOT_FINITE);
    candidates->boxes[row] = corners;
}

__device__ __forceinline__ float4 corners(float x, float y, float width, float height) {  // of a box around its centre
    float half_width = width * 0.5f, half_height = height * 0.5f;
    return {x - half_width, y - half_height, x + half_width, y + half_height};
}

// The candidates of one row. `score(c)` is the score of class c as the network's family computes it, `least` the lowest
// that counts. Returns whether there are any: then the row's box is to be placed. `finish` turns a score that counts
// into a probability (a sigmoid where the scores are logits).
template <typename Score, typename Finish>
__device__ __forceinline__ bool admit_row(Candidates *candidates, const Settings *settings, int row, float least,
                                          Score score, Finish finish) {
    int classes = candidates->classes, best = -1;
    float highest = 0.0f;
    bool any = false;
    for (int c = 0; c < classes; c++) {
        float value = score(c);
        if (isnan(value)) atomicOr(&candidates->flags, NAN_MET);
        if (!(value >= least) || !is_wanted(settings, c)) continue;
        if (settings->multi_label) {
            admit(candidates, row, c, finish(value));
            any = true;
        } else if (best < 0 || value > highest) {
            best = c;
            highest = value;
        }
    }
    if (best >= 0) admit(candidates, row, best, finish(highest));
    return any || best >= 0;
}

struct Probability {  // for scores that are probabilities already
    __device__ float operator()(float score) const { return score; }
};

struct Sigmoid {  // the formula of detector/head.py
    __device__ float operator()(float logit) const { return 0.5f * (1.0f + tanhf(0.5f * logit)); }
};
