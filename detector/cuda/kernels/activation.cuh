// What is left of turning a network's class outputs into probabilities: the twin of detector/activation.py.
#pragma once
#include "candidates.cuh"

constexpr int SIGMOID = 1, SOFTMAX = 2;  // any other number: none

// The classes of one row, `step` numbers from one to the next.
template <typename T>
struct Probabilities {
    const T *values;
    int step, activation;
    float highest, total;  // of a softmax, which counts all classes, also those that no one asks for

    __device__ float weight(int column) const { return expf(widen(values[column * step]) - highest); }

    __device__ float operator()(int column) const {
        if (activation == SOFTMAX) return weight(column) / total;
        float value = widen(values[column * step]);
        return activation == SIGMOID ? Sigmoid()(value) : value;
    }
};

// Computed by MEMBERS neighbouring threads of a warp, all of whose threads take part if there are several.
template <int MEMBERS, typename T>
__device__ __forceinline__ Probabilities<T> shared_by(int member, int count, Probabilities<T> row) {
    row.highest = -INFINITY, row.total = 0.0f;
    if (row.activation != SOFTMAX) return row;
    for (int c = member; c < count; c += MEMBERS) row.highest = fmaxf(row.highest, widen(row.values[c * row.step]));
    for (int apart = 1; apart < MEMBERS; apart *= 2)
        row.highest = fmaxf(row.highest, __shfl_xor_sync(~0u, row.highest, apart));
    for (int c = member; c < count; c += MEMBERS) row.total += row.weight(c);
    for (int apart = 1; apart < MEMBERS; apart *= 2) row.total += __shfl_xor_sync(~0u, row.total, apart);
    return row;
}
