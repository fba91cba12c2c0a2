// The best candidates in order, by one block of THREADS threads.
#pragma once
#include "candidates.cuh"

constexpr unsigned THREADS = 1024, BINS = 256, SHORTEST = 64;
constexpr unsigned CAP = 4096;  // MOST_CANDIDATES of detector/nms.py

using Key = unsigned long long;

__device__ __forceinline__ unsigned index_of(Key key) { return 0xffffffffu - unsigned(key); }

__device__ __forceinline__ float score_of(Key key) { return __uint_as_float(key >> 32); }

// The bin, highest first, in which the `wanted`-th key is; `wanted` is then to be found within it.
__device__ unsigned bin_of(const unsigned *bins, unsigned &wanted) {
    unsigned bin = BINS - 1;
    for (; bins[bin] < wanted; bin--) wanted -= bins[bin];
    return bin;
}

// The CAP-th greatest of more than CAP keys, digit by digit. Later digits are 0 where all keys that have the earlier
// ones are among the greatest.
__device__ Key least_of_best(const Key *keys, unsigned count) {
    __shared__ unsigned bins[BINS];
    Key least = 0;
    unsigned wanted = CAP;
    for (int shift = 56; shift >= 0; shift -= 8) {
        for (unsigned bin = threadIdx.x; bin < BINS; bin += THREADS) bins[bin] = 0;
        __syncthreads();
#pragma unroll 4
        for (unsigned i = threadIdx.x; i < count; i += THREADS)
            if ((keys[i] ^ least) >> shift < BINS) atomicAdd(&bins[keys[i] >> shift & (BINS - 1)], 1u);
        __syncthreads();
        unsigned bin = bin_of(bins, wanted);
        bool all = bins[bin] == wanted;
        least |= Key(bin) << shift;
        __syncthreads();
        if (all) break;
    }
    return least;
}

// The best candidates, at most CAP and in any order, go into `best`. Returns how many; tells the highest class of all.
__device__ unsigned gather(const Candidates *candidates, unsigned count, Key *best, int *highest_class) {
    __shared__ unsigned gathered;
    __shared__ int highest;
    if (threadIdx.x == 0) gathered = highest = 0;
    Key least = count > CAP ? least_of_best(candidates->keys, count) : 0;
    __syncthreads();
    int mine = 0;
    for (unsigned i = threadIdx.x; i < count; i += THREADS) {
        Key key = candidates->keys[i];
        mine = max(mine, int(index_of(key) % candidates->classes));
        if (key >= least) best[atomicAdd(&gathered, 1u)] = key;
    }
    atomicMax(&highest, mine);
    __syncthreads();
    *highest_class = highest;
    return gathered;
}

__device__ __forceinline__ void exchange(Key *keys, unsigned pair, unsigned stride, unsigned size) {
    unsigned low = 2 * pair - (pair & (stride - 1)), high = low + stride;
    Key a = keys[low], b = keys[high];
    if ((a < b) != bool(low & size)) {
        keys[low] = b;
        keys[high] = a;
    }
}

// Batcher's bitonic network, highest first; `length` is a power of two, at least SHORTEST. A warp has 64 neighbouring
// keys for itself where they are exchanged over 32 places or fewer.
__device__ void sort(Key *keys, unsigned length) {
    for (unsigned size = 2; size <= length; size *= 2) {
        unsigned stride = size / 2;
        for (; stride > 32; stride /= 2) {
            for (unsigned pair = threadIdx.x; pair < length / 2; pair += THREADS) exchange(keys, pair, stride, size);
            __syncthreads();
        }
        for (unsigned pair = threadIdx.x; pair < length / 2; pair += THREADS)
            for (unsigned near = stride; near > 0; near /= 2) {
                exchange(keys, pair, near, size);
                __syncwarp();
            }
        if (size > 32) __syncthreads();
    }
}

// The best candidates in order in `keys`, at most CAP, followed by zeros up to a power of two that is SHORTEST or more.
// Returns how many.
__device__ unsigned rank(const Candidates *candidates, unsigned count, Key *keys, int *highest_class) {
    unsigned ranked = gather(candidates, count, keys, highest_class), length = SHORTEST;
    while (length < ranked) length *= 2;
    for (unsigned i = ranked + threadIdx.x; i < length; i += THREADS) keys[i] = 0;
    __syncthreads();
    sort(keys, length);
    return ranked;
}
