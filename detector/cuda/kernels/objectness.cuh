// Rows of box, objectness and class scores; a candidate's score is the product of both.
#pragma once
#include "team.cuh"

using Eight = Team<8, 1>;  // threads for a row

struct Activation {  // of what the network left as logits, or none
    int logits;
    __device__ float operator()(float value) const { return logits ? Sigmoid()(value) : value; }
};

// The candidates of a team's row (nullptr: it has none); `box(row)` gives the corners. The classes of a row with a low
// objectness are not looked at.
template <typename T, typename Box>
__device__ __forceinline__ void decode_likely(Candidates *candidates, const Settings *settings, const Eight &team,
                                              const T *row, Activation activation, Box box) {
    float objectness = row ? activation(widen(row[4])) : 0.0f;
    if (isnan(objectness)) atomicOr(&candidates->flags, NAN_MET);
    bool likely = row && objectness >= settings->confidence;
    auto score = [=](int c) { return activation(widen(row[5 + c])) * objectness; };
    if (team.admit(candidates, settings, likely, settings->confidence, score, Probability()))
        place_box(candidates, team.row, box(row));
}
