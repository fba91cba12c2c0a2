// Where the pixels of a frame lie in a network's map; detector/cuda/raster.py makes it.
#pragma once

struct alignas(16) Tap {  // of a frame's column or row
    int first, second;    // the map's columns or rows between whose centres it lies; -1 where the network saw nothing
    int nearest;          // the one within which it lies
    float share;          // of the second
};

struct Raster {
    int width, height;          // of the frame
    int map_width, map_height;  // of the network's map
    Tap taps[1];                // width + height of them: the columns', then the rows'
};

__device__ __forceinline__ Tap column_of(const Raster *raster, int pixel) {
    return raster->taps[pixel % raster->width];
}

__device__ __forceinline__ Tap row_of(const Raster *raster, int pixel) {
    return raster->taps[raster->width + pixel / raster->width];
}
