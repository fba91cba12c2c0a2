// Sorting and greedy non-maximum suppression: the twin of detector/nms.py. One block of THREADS threads.
//
// Every thread keeps the boxes of up to EACH candidates in registers. They are gone through by score in chunks: the
// overlaps within a chunk are bits of words that one thread resolves, then all threads compare what is left with the
// boxes kept. At the end the list of candidates is empty again, for the next frame.
// kernels: suppress
#include "found.cuh"
#include "ranking.cuh"

constexpr unsigned EACH = CAP / THREADS, CHUNK = 64;

using Word = unsigned long long;  // a bit for each box of a chunk

struct Box {
    float4 corners;
    float area;
    int class_id;
};

struct Rules {
    float iou;
    bool class_agnostic;
};

__device__ __forceinline__ Box box_of(Key key, const Candidates *candidates) {
    unsigned index = index_of(key), classes = candidates->classes;
    float4 corners = candidates->boxes[index / classes];
    return {corners, (corners.z - corners.x) * (corners.w - corners.y), int(index % classes)};
}

__device__ __forceinline__ bool is_finite(Key key, const Box &box) {
    const float4 &c = box.corners;
    return isfinite(c.x) && isfinite(c.y) && isfinite(c.z) && isfinite(c.w) && isfinite(score_of(key));
}

__device__ __forceinline__ bool overlap(const Box &a, const Box &b, Rules rules) {
    if (!rules.class_agnostic && a.class_id != b.class_id) return false;
    float width = fminf(a.corners.z, b.corners.z) - fmaxf(a.corners.x, b.corners.x);
    float height = fminf(a.corners.w, b.corners.w) - fmaxf(a.corners.y, b.corners.y);
    float shared = fmaxf(width, 0.0f) * fmaxf(height, 0.0f);
    return shared > rules.iou * (a.area + b.area - shared);
}

__device__ __forceinline__ float placed(float x, float shift, float scale, float limit) {
    return fminf(fmaxf((x - shift) / scale, 0.0f), limit);
}

__device__ __forceinline__ void write_row(float *row, const Box &box, float score, const Placement *to) {
    row[0] = placed(box.corners.x, to->shift_x, to->scale_x, to->width);
    row[1] = placed(box.corners.y, to->shift_y, to->scale_y, to->height);
    row[2] = placed(box.corners.z, to->shift_x, to->scale_x, to->width);
    row[3] = placed(box.corners.w, to->shift_y, to->scale_y, to->height);
    row[4] = score;
    row[5] = box.class_id;
}

// The rows of `found` without suppression. Returns how many.
__device__ unsigned write_best(const Candidates *candidates, const Key *keys, unsigned count, const Placement *to,
                               Found *found) {
    for (unsigned i = threadIdx.x; i < count; i += THREADS)
        write_row(found->rows[i], box_of(keys[i], candidates), score_of(keys[i]), to);
    return count;
}

struct Chunk {
    Box boxes[CHUNK];
    unsigned left[CHUNK / 32];  // a bit for each box that no kept one overlaps
    Word overlaps[CHUNK];       // of each box that is left
    Word kept;
};

struct Own {  // candidates k * THREADS + threadIdx.x
    Box boxes[EACH];
    unsigned left;  // a bit for each
};

__device__ __forceinline__ unsigned rank_of(unsigned k) { return k * THREADS + threadIdx.x; }

__device__ __forceinline__ Word left_in(const Chunk &chunk) { return Word(chunk.left[1]) << 32 | chunk.left[0]; }

__device__ __forceinline__ Own load(const Candidates *candidates, const Key *keys, unsigned ranked) {
    Own own = {};
#pragma unroll
    for (unsigned k = 0; k < EACH; k++) {
        if (rank_of(k) >= ranked) continue;
        Key key = keys[rank_of(k)];
        own.boxes[k] = box_of(key, candidates);
        own.left |= unsigned(is_finite(key, own.boxes[k])) << k;
    }
    return own;
}

// Its owners put a chunk before all: two warps.
__device__ __forceinline__ void show(const Own &own, unsigned first, Chunk &chunk) {
#pragma unroll
    for (unsigned k = 0; k < EACH; k++) {
        unsigned place = rank_of(k) - first;
        if (place >= CHUNK) continue;
        chunk.boxes[place] = own.boxes[k];
        unsigned left = __ballot_sync(~0u, own.left >> k & 1);
        if (place % 32 == 0) chunk.left[place / 32] = left;
    }
}

// A warp for a box at a time, a lane for two of those that it is compared with.
__device__ __forceinline__ void compare(Chunk &chunk, Rules rules) {
    unsigned lane = threadIdx.x % 32;
    for (unsigned place = threadIdx.x / 32; place < CHUNK; place += THREADS / 32) {
        if (!(left_in(chunk) >> place & 1)) continue;
        Word low = __ballot_sync(~0u, overlap(chunk.boxes[place], chunk.boxes[lane], rules));
        Word high = __ballot_sync(~0u, overlap(chunk.boxes[place], chunk.boxes[lane + 32], rules));
        if (lane == 0) chunk.overlaps[place] = high << 32 | low;
    }
}

__device__ __forceinline__ void resolve(Chunk &chunk) {  // by one thread
    Word kept = 0;
    for (Word left = left_in(chunk); left;) {
        int best = __ffsll(left) - 1;
        kept |= Word(1) << best;
        left &= ~(chunk.overlaps[best] | Word(1) << best);
    }
    chunk.kept = kept;
}

__device__ __forceinline__ bool overlaps_kept(const Box &box, const Chunk &chunk, Rules rules) {
    for (Word kept = chunk.kept; kept; kept &= kept - 1)
        if (overlap(chunk.boxes[__ffsll(kept) - 1], box, rules)) return true;
    return false;
}

__device__ __forceinline__ void drop(Own &own, unsigned next, const Chunk &chunk, Rules rules) {
#pragma unroll
    for (unsigned k = 0; k < EACH; k++)
        if (rank_of(k) >= next && own.left >> k & 1 && overlaps_kept(own.boxes[k], chunk, rules))
            own.left &= ~(1u << k);
}

__device__ __forceinline__ void write_chunk(const Chunk &chunk, const Key *keys, unsigned rows, unsigned most,
                                            const Placement *to, Found *found) {
    unsigned place = threadIdx.x;
    if (place >= CHUNK || !(chunk.kept >> place & 1)) return;
    unsigned row = rows + __popcll(chunk.kept & ((Word(1) << place) - 1));
    if (row < most) write_row(found->rows[row], chunk.boxes[place], score_of(keys[place]), to);
}

// The rows of `found` after suppression. Returns how many.
__device__ unsigned write_kept(const Candidates *candidates, const Key *keys, unsigned ranked, unsigned most,
                               Rules rules, const Placement *to, Found *found) {
    __shared__ Chunk chunk;
    Own own = load(candidates, keys, ranked);
    unsigned rows = 0;
    for (unsigned first = 0; first < ranked && rows < most; first += CHUNK) {
        show(own, first, chunk);
        __syncthreads();
        compare(chunk, rules);
        __syncthreads();
        if (threadIdx.x == 0) resolve(chunk);
        __syncthreads();
        write_chunk(chunk, keys + first, rows, most, to, found);
        rows += __popcll(chunk.kept);
        drop(own, first + CHUNK, chunk, rules);
        __syncthreads();
    }
    return min(rows, most);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    suppress(const Settings *settings, Candidates *candidates, const Placement *to, int needs_nms, Found *found) {
    __shared__ Key keys[CAP];
    unsigned count = candidates->count, most = min(settings->max_detections, MOST_FOUND);
    Rules rules = {settings->iou, settings->class_agnostic != 0};
    int highest_class;
    unsigned ranked = rank(candidates, count, keys, &highest_class);
    unsigned rows = needs_nms ? write_kept(candidates, keys, ranked, most, rules, to, found)
                              : write_best(candidates, keys, min(ranked, most), to, found);
    if (threadIdx.x != 0) return;
    found->count = rows;
    found->candidates = count;
    found->flags = candidates->flags;
    found->highest_class = highest_class;
    candidates->count = candidates->flags = 0;
}
