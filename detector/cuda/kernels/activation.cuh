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

// Computed by one thread.
template <typename T>
__device__ __forceinline__ Probabilities<T> probabilities_of(const T *values, int count, int step, int activation) {
    Probabilities<T> row{values, step, activation, -INFINITY, 0.0f};
    if (activation != SOFTMAX) return row;
    for (int c = 0; c < count; c++) row.highest = fmaxf(row.highest, widen(values[c * step]));
    for (int c = 0; c < count; c++) row.total += row.weight(c);
    return row;
}
