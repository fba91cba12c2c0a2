// Several threads of a warp that look for the candidates of one row together: the memory is asked for all their classes
// at once.
#pragma once
#include "candidates.cuh"

constexpr int AT_ONCE = 8;  // scores that a thread asks for before it looks at the first

// MEMBERS threads share a row. They are STRIDE lanes apart, so that neighbouring lanes read neighbouring memory: 1 where
// the scores of a row lie side by side, 8 (32 bytes, what memory gives at once) where those of a class do.
// Every thread of a block must take part, with `likely` false where it has no row.
template <int MEMBERS, int STRIDE> struct Team {
    static_assert(MEMBERS * STRIDE <= 32, "a team is part of a warp");
    int row, member;

    __device__ Team() {
        unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
        row = thread / (MEMBERS * STRIDE) * STRIDE + thread % STRIDE;
        member = thread / STRIDE % MEMBERS;
    }

    // As `admit_row`; true for one member of a row that has candidates: it is to place the row's box.
    template <typename Score, typename Finish>
    __device__ bool admit(Candidates *candidates, const Settings *settings, bool likely, float least, Score score,
                          Finish finish) const {
        int classes = likely ? candidates->classes : 0, best = -1;
        float highest = 0.0f;
        bool every = settings->multi_label, nan_met = false;
        for (int first = member; first < classes; first += MEMBERS * AT_ONCE) {
            float values[AT_ONCE];
#pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                int c = first + i * MEMBERS;
                values[i] = c < classes ? score(c) : 0.0f;
            }
#pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                int c = first + i * MEMBERS;
                nan_met |= isnan(values[i]);
                if (c >= classes || !(values[i] >= least) || !is_wanted(settings, c)) continue;
                if (every) ::admit(candidates, row, c, finish(values[i]));
                if (best < 0 || values[i] > highest) {
                    best = c;
                    highest = values[i];
                }
            }
        }
        if (nan_met) atomicOr(&candidates->flags, NAN_MET);
        agree(best, highest);
        if (best < 0 || member) return false;
        if (!every) ::admit(candidates, row, best, finish(highest));
        return true;
    }

  private:
    // The best of all members, the lower class on ties.
    __device__ void agree(int &best, float &highest) const {
#pragma unroll
        for (int apart = STRIDE; apart < MEMBERS * STRIDE; apart *= 2) {
            int other = __shfl_xor_sync(~0u, best, apart);
            float value = __shfl_xor_sync(~0u, highest, apart);
            if (other >= 0 && (best < 0 || value > highest || (value == highest && other < best))) {
                best = other;
                highest = value;
            }
        }
    }
};
