// What is copied back to the host after a frame; detector/cuda/found.py has the same.
#pragma once
#include "candidates.cuh"

constexpr int MOST_FOUND = 1000;

struct Placement {  // from network input pixels to frame pixels, and the frame's size
    float shift_x, shift_y, scale_x, scale_y, width, height;
};

struct Found {
    unsigned count;       // rows that are filled
    unsigned candidates;  // how many there were to choose from
    unsigned flags;       // NAN_MET, BOX_NOT_FINITE, CLASS_UNKNOWN
    int highest_class;    // of all candidates
    float rows[MOST_FOUND][6];  // best first: x1, y1, x2, y2 in frame pixels, score, class
};
