// The likeliest classes of a whole picture, best first: the twin of detector/heads/classification.py.
// One block of THREADS threads.
// kernels: top_classes_f32 top_classes_f16
#include "activation.cuh"
#include "found.cuh"

constexpr int THREADS = 256;
using Key = unsigned long long;  // sorts as the score does, on equal scores the lower class first; 0 is below all

struct Sum {
    __device__ float operator()(float a, float b) const { return a + b; }
};

struct Greater {
    template <typename T>
    __device__ T operator()(T a, T b) const {
        return a > b ? a : b;
    }
};

// The values of all threads in one, for all threads.
template <typename T, typename Combine>
__device__ T of_block(T value, Combine combine) {
    __shared__ T values[THREADS];
    values[threadIdx.x] = value;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) values[threadIdx.x] = combine(values[threadIdx.x], values[threadIdx.x + half]);
        __syncthreads();
    }
    T combined = values[0];
    __syncthreads();
    return combined;
}

__device__ __forceinline__ Key key_of(float score, int class_id) {
    unsigned bits = __float_as_uint(score + 0.0f);
    bits = bits >> 31 ? ~bits : bits | 0x80000000u;
    return Key(bits) << 32 | (0xffffffffu - class_id);
}

__device__ __forceinline__ float score_of(Key key) {
    unsigned bits = key >> 32;
    return __uint_as_float(bits >> 31 ? bits & 0x7fffffffu : ~bits);
}

__device__ __forceinline__ int class_of(Key key) { return 0xffffffffu - unsigned(key); }

// A row's probabilities, computed by the block together.
template <typename T>
__device__ Probabilities<T> probabilities_of(const T *values, int count, int activation) {
    Probabilities<T> row{values, 1, activation, -INFINITY, 0.0f};
    if (activation != SOFTMAX) return row;
    float highest = -INFINITY, total = 0.0f;
    for (int c = threadIdx.x; c < count; c += THREADS) highest = fmaxf(highest, widen(values[c]));
    row.highest = of_block(highest, Greater());
    for (int c = threadIdx.x; c < count; c += THREADS) total += row.weight(c);
    row.total = of_block(total, Sum());
    return row;
}

// Whether the score of any class is not a number.
template <typename Score>
__device__ bool any_nan(Score score, int classes) {
    int met = 0;
    for (int c = threadIdx.x; c < classes; c += THREADS) met |= isnan(score(c));
    return of_block(met, Greater());
}

// The best of the classes wanted that are below a key.
template <typename Score>
__device__ Key best_below(Key limit, Score score, int classes, const Settings *settings) {
    Key best = 0;
    for (int c = threadIdx.x; c < classes; c += THREADS) {
        Key key = key_of(score(c), c);
        if (key < limit && key > best && is_wanted(settings, c)) best = key;
    }
    return of_block(best, Greater());
}

__device__ void write_row(float *row, Key key) {
    row[0] = row[1] = row[2] = row[3] = 0.0f;
    row[4] = score_of(key);
    row[5] = class_of(key);
}

// Of a row of `columns` numbers the first `background` are no classes; at most `most` are told.
template <typename T>
__device__ void top_classes(const T *values, int columns, int background, int activation, int most,
                            const Settings *settings, Found *found) {
    auto row = probabilities_of(values, columns, activation);
    auto score = [&](int c) { return row(c + background); };
    int classes = columns - background, count = 0, highest = 0;
    unsigned flags = any_nan(score, classes) ? NAN_MET : 0;
    for (Key best = ~Key(0); count < most; count++) {
        best = best_below(best, score, classes, settings);
        if (best == 0) break;
        highest = max(highest, class_of(best));
        if (threadIdx.x == 0) write_row(found->rows[count], best);
    }
    if (threadIdx.x != 0) return;
    found->count = found->candidates = count;
    found->flags = flags;
    found->highest_class = highest;
}

#define KERNEL(name, T)                                                                                               \
    extern "C" __global__ void __launch_bounds__(THREADS)                                                             \
        name(const T *values, int columns, int background, int activation, int most, const Settings *settings,        \
             Found *found) {                                                                                          \
        top_classes(values, columns, background, activation, most, settings, found);                                  \
    }
KERNEL(top_classes_f32, float)
KERNEL(top_classes_f16, Half)
