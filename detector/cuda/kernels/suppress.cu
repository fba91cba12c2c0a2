// Sorting and greedy non-maximum suppression: the twin of detector/nms.py. One block of THREADS threads.
//
// The candidates are gone through by score in chunks: the overlaps within a chunk are bits of words that one warp
// resolves, then groups of threads compare each candidate that is left with the boxes kept. At the end the list of
// candidates is empty again, for the next frame.
// kernels: suppress
#include "found.cuh"
#include "ranking.cuh"

constexpr unsigned CHUNK = 64, GROUP = 8, WARP = 32;

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

struct Left {  // a bit for each candidate that no kept one overlaps
    unsigned words[CAP / WARP];

    __device__ __forceinline__ bool has(unsigned rank) const { return words[rank / WARP] >> rank % WARP & 1; }
    __device__ __forceinline__ void drop(unsigned rank) { atomicAnd(&words[rank / WARP], ~(1u << rank % WARP)); }
    __device__ __forceinline__ Word chunk(unsigned first) const {
        return Word(words[first / WARP + 1]) << WARP | words[first / WARP];
    }
};

struct Chunk {
    Box boxes[CHUNK];
    Word overlaps[CHUNK];  // of each box that is left
    Word kept;
};

__device__ __forceinline__ void leave_finite(const Candidates *candidates, const Key *keys, unsigned ranked,
                                             Left &left) {
    for (unsigned first = 0; first < ranked; first += THREADS) {
        unsigned rank = first + threadIdx.x;
        bool finite = rank < ranked && is_finite(keys[rank], box_of(keys[rank], candidates));
        unsigned word = __ballot_sync(~0u, finite);
        if (rank % WARP == 0) left.words[rank / WARP] = word;
    }
}

// A warp for a box at a time, a lane for two of those that it is compared with.
__device__ __forceinline__ void compare(Chunk &chunk, Word left, Rules rules) {
    unsigned lane = threadIdx.x % WARP;
    for (unsigned place = threadIdx.x / WARP; place < CHUNK; place += THREADS / WARP) {
        if (!(left >> place & 1)) continue;
        Word low = __ballot_sync(~0u, overlap(chunk.boxes[place], chunk.boxes[lane], rules));
        Word high = __ballot_sync(~0u, overlap(chunk.boxes[place], chunk.boxes[lane + WARP], rules));
        if (lane == 0) chunk.overlaps[place] = high << WARP | low;
    }
}

// By one warp, a lane for two boxes: each is kept once all better ones that overlap it are dropped, and dropped once one
// of them is kept. So it takes as many rounds as the longest chain of boxes of which each depends on the one before.
__device__ __forceinline__ void resolve(Chunk &chunk, Word left) {
    unsigned lane = threadIdx.x % WARP;
    Word better[2], open = left, kept = 0;
#pragma unroll
    for (unsigned half = 0; half < 2; half++) {
        unsigned place = lane + half * WARP;
        better[half] = chunk.overlaps[place] & left & ((Word(1) << place) - 1);
    }
    while (open) {
        Word decided = 0, more = 0;
#pragma unroll
        for (unsigned half = 0; half < 2; half++) {
            bool waits = open >> (lane + half * WARP) & 1, dropped = better[half] & kept;
            bool keep = waits && !dropped && !(better[half] & open);
            more |= Word(__ballot_sync(~0u, keep)) << half * WARP;
            decided |= Word(__ballot_sync(~0u, waits && (keep || dropped))) << half * WARP;
        }
        kept |= more;
        open &= ~decided;
    }
    if (lane == 0) chunk.kept = kept;
}

// A group of threads for a candidate: each looks at some of the boxes kept.
__device__ __forceinline__ void drop(const Candidates *candidates, const Key *keys, unsigned next, unsigned ranked,
                                     const Chunk &chunk, Rules rules, Left &left) {
    unsigned member = threadIdx.x % GROUP;
    for (unsigned first = next; first < ranked; first += THREADS / GROUP) {
        unsigned rank = first + threadIdx.x / GROUP;
        bool overlaps = false;
        if (rank < ranked && left.has(rank)) {
            Box box = box_of(keys[rank], candidates);
#pragma unroll
            for (unsigned place = member; place < CHUNK; place += GROUP)
                overlaps |= chunk.kept >> place & 1 && overlap(chunk.boxes[place], box, rules);
        }
        unsigned mine = __ballot_sync(~0u, overlaps) >> (threadIdx.x % WARP - member) & ((1u << GROUP) - 1);
        if (member == 0 && mine) left.drop(rank);
    }
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
    __shared__ Left left;
    leave_finite(candidates, keys, ranked, left);
    unsigned rows = 0;
    for (unsigned first = 0; first < ranked && rows < most; first += CHUNK) {
        if (threadIdx.x < CHUNK && first + threadIdx.x < ranked)
            chunk.boxes[threadIdx.x] = box_of(keys[first + threadIdx.x], candidates);
        __syncthreads();
        compare(chunk, left.chunk(first), rules);
        __syncthreads();
        if (threadIdx.x < WARP) resolve(chunk, left.chunk(first));
        __syncthreads();
        write_chunk(chunk, keys + first, rows, most, to, found);
        rows += __popcll(chunk.kept);
        drop(candidates, keys, first + CHUNK, ranked, chunk, rules, left);
        __syncthreads();
    }
    return min(rows, most);
}

extern "C" __global__ void __launch_bounds__(THREADS, 1)
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
