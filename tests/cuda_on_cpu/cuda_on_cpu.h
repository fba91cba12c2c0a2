// CUDA C++ on one CPU thread, for tests: included before a kernel file that g++ compiles.
//
// The threads of a block are fibers that run until they wait for each other; blocks run one after another. So atomics
// need no locks, `__shared__` is a static variable, and a run is repeatable. Barriers inside a branch that not every
// thread takes end the program, as they would hang a GPU.
#pragma once
#include <algorithm>
#include <cfloat>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <tuple>
#include <ucontext.h>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__
#define __launch_bounds__(...)
#define __shared__ static
#define __constant__ static

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};
static dim3 threadIdx, blockIdx, blockDim, gridDim;
constexpr int warpSize = 32;

struct alignas(8) float2 {
    float x, y;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
struct uchar3 {
    unsigned char x, y, z;
};
struct alignas(4) uchar4 {
    unsigned char x, y, z, w;
};
struct alignas(8) uint2 {
    unsigned x, y;
};
struct alignas(16) uint4 {
    unsigned x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

namespace cuda_on_cpu {

struct Fiber {
    ucontext_t context;
    std::vector<char> stack = std::vector<char>(1 << 17);
    dim3 index;
    bool done = true;
};

inline std::vector<Fiber> fibers;
inline size_t current;
inline ucontext_t scheduler;
inline std::function<void()> body;
inline unsigned votes[32];

inline void enter() {
    body();
    fibers[current].done = true;
}

inline void yield() { swapcontext(&fibers[current].context, &scheduler); }

// One barrier for the block (group 32) and one for each of up to 32 warps.
inline unsigned arrived[33], generation[33];

inline unsigned members(unsigned group) {
    unsigned first = group == 32 ? 0 : group * 32, last = group == 32 ? fibers.size() : first + 32, count = 0;
    for (unsigned i = first; i < last && i < fibers.size(); i++) count += !fibers[i].done;
    return count;
}

inline void meet(unsigned group) {
    unsigned mine = generation[group];
    arrived[group]++;
    for (unsigned turns = 0; generation[group] == mine; turns++) {
        if (arrived[group] >= members(group)) {
            arrived[group] = 0;
            generation[group]++;
            return;
        }
        if (turns > 100000) {
            fprintf(stderr, "a barrier that not every thread reaches\n");
            abort();
        }
        yield();
    }
}

inline unsigned linear() { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }

inline void run_block(unsigned threads) {
    fibers.resize(threads);
    for (unsigned i = 0; i < threads; i++) {
        Fiber &fiber = fibers[i];
        fiber.index = {i % blockDim.x, i / blockDim.x % blockDim.y, i / blockDim.x / blockDim.y};
        fiber.done = false;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.data();
        fiber.context.uc_stack.ss_size = fiber.stack.size();
        fiber.context.uc_link = &scheduler;
        makecontext(&fiber.context, enter, 0);
    }
    for (bool alive = true; alive;) {
        alive = false;
        for (current = 0; current < threads; current++) {
            if (fibers[current].done) continue;
            threadIdx = fibers[current].index;
            swapcontext(&scheduler, &fibers[current].context);
            alive |= !fibers[current].done;
        }
    }
}

inline void run(const unsigned *grid, const unsigned *block, std::function<void()> kernel) {
    body = kernel;
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    for (unsigned z = 0; z < grid[2]; z++)
        for (unsigned y = 0; y < grid[1]; y++)
            for (unsigned x = 0; x < grid[0]; x++) {
                blockIdx = {x, y, z};
                run_block(block[0] * block[1] * block[2]);
            }
}

template <typename... A, size_t... I>
void call(void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
    kernel(*static_cast<std::remove_cv_t<A> *>(arguments[I])...);
}

// What the generated launchers call: arguments as cuLaunchKernel takes them, an address for each.
template <typename... A>
void launch(void (*kernel)(A...), const unsigned *grid, const unsigned *block, void **arguments) {
    run(grid, block, [=] { call(kernel, arguments, std::index_sequence_for<A...>{}); });
}

// A kernel's arguments, a letter for each: pointer, integer, float, or what no launch can give.
template <typename A> constexpr char kind() {
    if (std::is_pointer_v<A>) return 'p';
    if (std::is_integral_v<A> && sizeof(A) == 4) return 'i';
    return std::is_same_v<A, float> ? 'f' : '?';
}
template <typename... A> const char *kinds(void (*)(A...)) {
    static const char letters[] = {kind<std::remove_cv_t<A>>()..., 0};
    return letters;
}

}  // namespace cuda_on_cpu

inline void __syncthreads() { cuda_on_cpu::meet(32); }
inline void __syncwarp(unsigned = ~0u) { cuda_on_cpu::meet(cuda_on_cpu::linear() / 32); }
inline void __threadfence() {}

// Collectives of a whole warp (the mask must be full); every thread of the warp must take part.
inline uint64_t cuda_on_cpu_lanes[32][32];
template <typename T> T cuda_on_cpu_read(T value, unsigned lane) {
    unsigned warp = cuda_on_cpu::linear() / 32, mine = cuda_on_cpu::linear() % 32;
    cuda_on_cpu_lanes[warp][mine] = 0;
    memcpy(&cuda_on_cpu_lanes[warp][mine], &value, sizeof value);
    cuda_on_cpu::meet(warp);
    T read;
    memcpy(&read, &cuda_on_cpu_lanes[warp][lane & 31], sizeof read);
    cuda_on_cpu::meet(warp);
    return read;
}
template <typename T> T __shfl_sync(unsigned, T value, int lane) { return cuda_on_cpu_read(value, lane); }
template <typename T> T __shfl_down_sync(unsigned, T value, unsigned by) {
    unsigned mine = cuda_on_cpu::linear() % 32;
    return cuda_on_cpu_read(value, mine + by < 32 ? mine + by : mine);
}
template <typename T> T __shfl_up_sync(unsigned, T value, unsigned by) {
    unsigned mine = cuda_on_cpu::linear() % 32;
    return cuda_on_cpu_read(value, mine >= by ? mine - by : mine);
}
template <typename T> T __shfl_xor_sync(unsigned, T value, int mask) {
    return cuda_on_cpu_read(value, (cuda_on_cpu::linear() % 32) ^ mask);
}
inline unsigned __ballot_sync(unsigned, int predicate) {
    unsigned warp = cuda_on_cpu::linear() / 32, bits = 0;
    cuda_on_cpu_lanes[warp][cuda_on_cpu::linear() % 32] = predicate != 0;
    cuda_on_cpu::meet(warp);
    for (unsigned lane = 0; lane < 32; lane++) bits |= unsigned(cuda_on_cpu_lanes[warp][lane]) << lane;
    cuda_on_cpu::meet(warp);
    return bits;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }

template <typename T, typename U> T atomicAdd(T *place, U value) { T old = *place; *place = old + value; return old; }
template <typename T, typename U> T atomicMax(T *place, U value) { T old = *place; *place = std::max(old, T(value)); return old; }
template <typename T, typename U> T atomicAnd(T *place, U value) { T old = *place; *place = old & value; return old; }
template <typename T, typename U> T atomicOr(T *place, U value) { T old = *place; *place = old | value; return old; }

template <typename To, typename From> To cuda_on_cpu_bits(From value) {
    To to;
    static_assert(sizeof to == sizeof value);
    memcpy(&to, &value, sizeof to);
    return to;
}
inline unsigned __float_as_uint(float value) { return cuda_on_cpu_bits<unsigned>(value); }
inline float __uint_as_float(unsigned value) { return cuda_on_cpu_bits<float>(value); }
inline int __float_as_int(float value) { return cuda_on_cpu_bits<int>(value); }
inline float __int_as_float(int value) { return cuda_on_cpu_bits<float>(value); }
inline int __popc(unsigned value) { return __builtin_popcount(value); }
inline int __popcll(unsigned long long value) { return __builtin_popcountll(value); }
inline int __ffsll(unsigned long long value) { return __builtin_ffsll(value); }
inline int __ffs(unsigned value) { return __builtin_ffs(value); }
inline int __clz(unsigned value) { return value ? __builtin_clz(value) : 32; }
inline int __float2int_rn(float value) { return int(nearbyintf(value)); }
template <typename T> T __ldg(const T *place) { return *place; }
using std::isfinite;
using std::isnan;
using std::max;
using std::min;
