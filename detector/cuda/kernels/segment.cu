// Class scores at the network's size -> a class for each pixel of the frame: the twin of detector/segments.py.
//
// The scores are interpolated in registers and never written. `step` is the distance from a place to the next: 1 where
// channels come first, else the number of classes. A grid of any size covers the frame. `found->flags` and
// `found->highest_class` are 0 before the first launch.
// kernels: segment_f32 segment_f16 lay_over_f32 lay_over_f16 place_classes_u8 place_classes_i32 place_classes_i64
#include "found.cuh"
#include "raster.cuh"

constexpr unsigned char NO_CLASS = 255;

struct Answer {
    unsigned char *classes;  // [height, width] of the frame
    Found *found;
};

// The scores of all classes at one pixel.
template <typename T>
struct Interpolated {
    const T *corners[4];
    int class_step;
    float x, y;

    __device__ Interpolated(const T *scores, int step, const Raster *raster, const Tap &column, const Tap &row)
        : x(column.share), y(row.share) {
        long long first = (long long)row.first * raster->map_width, second = (long long)row.second * raster->map_width;
        corners[0] = scores + (first + column.first) * step, corners[1] = scores + (first + column.second) * step;
        corners[2] = scores + (second + column.first) * step, corners[3] = scores + (second + column.second) * step;
        class_step = step == 1 ? raster->map_width * raster->map_height : 1;
    }

    __device__ float operator()(int c) const {
        long long at = (long long)c * class_step;
        float above = widen(corners[0][at]) * (1.0f - x) + widen(corners[1][at]) * x;
        float below = widen(corners[2][at]) * (1.0f - x) + widen(corners[3][at]) * x;
        return above * (1.0f - y) + below * y;
    }
};

// The class with the highest score, the lower one on ties.
template <typename Score>
__device__ __forceinline__ int best_of(Score score, int classes, unsigned *flags) {
    int best = 0;
    float highest = score(0);
    bool broken = isnan(highest);
    for (int c = 1; c < classes; c++) {
        float value = score(c);
        broken |= isnan(value);
        if (value > highest) {
            best = c;
            highest = value;
        }
    }
    if (broken) atomicOr(flags, NAN_MET);
    return best;
}

__device__ __forceinline__ void answer(Answer to, int pixel, int class_id) {
    to.classes[pixel] = class_id;
    if (class_id != NO_CLASS && class_id > to.found->highest_class) atomicMax(&to.found->highest_class, class_id);
}

// Goes through the frame; `choose(pixel, column, row)` is the class of a pixel that the network saw.
template <typename Choose>
__device__ __forceinline__ void over_frame(const Raster *raster, Answer to, Choose choose) {
    int pixels = raster->width * raster->height, threads = gridDim.x * blockDim.x;
    for (int pixel = blockIdx.x * blockDim.x + threadIdx.x; pixel < pixels; pixel += threads) {
        Tap column = column_of(raster, pixel), row = row_of(raster, pixel);
        bool seen = column.first >= 0 && row.first >= 0;
        answer(to, pixel, seen ? choose(pixel, column, row) : NO_CLASS);
    }
}

__device__ __forceinline__ int if_wanted(const Settings *settings, int class_id) {
    return class_id < NO_CLASS && is_wanted(settings, class_id) ? class_id : NO_CLASS;
}

#define SEGMENT(name, T)                                                                                          \
    extern "C" __global__ void name(const T *scores, int classes, int step, const Settings *settings,             \
                                    const Raster *raster, unsigned char *map, Found *found) {                     \
        auto choose = [=](int, const Tap &column, const Tap &row) {                                               \
            Interpolated<T> score(scores, step, raster, column, row);                                             \
            return if_wanted(settings, best_of(score, classes, &found->flags));                                   \
        };                                                                                                        \
        over_frame(raster, Answer{map, found}, choose);                                                 \
    }
SEGMENT(segment_f32, float)
SEGMENT(segment_f16, Half)

// A map of two classes over those before it: its second class is `class_id` in the whole, 1 for the first map.
#define LAY_OVER(name, T)                                                                                         \
    extern "C" __global__ void name(const T *scores, int class_id, int step, const Settings *settings,            \
                                    const Raster *raster, unsigned char *map, Found *found) {                     \
        auto choose = [=](int pixel, const Tap &column, const Tap &row) {                                         \
            Interpolated<T> score(scores, step, raster, column, row);                                             \
            bool covers = best_of(score, 2, &found->flags) == 1 && is_wanted(settings, class_id);                 \
            return covers ? class_id : class_id > 1 ? map[pixel] : if_wanted(settings, 0);                        \
        };                                                                                                        \
        over_frame(raster, Answer{map, found}, choose);                                                 \
    }
LAY_OVER(lay_over_f32, float)
LAY_OVER(lay_over_f16, Half)

// Classes chosen in the network: the nearest.
#define PLACE(name, T)                                                                                            \
    extern "C" __global__ void name(const T *chosen, const Settings *settings, const Raster *raster,              \
                                    unsigned char *map, Found *found) {                                           \
        auto choose = [=](int, const Tap &column, const Tap &row) {                                               \
            T class_id = chosen[(long long)row.nearest * raster->map_width + column.nearest];                     \
            return if_wanted(settings, (unsigned char)class_id);                                                  \
        };                                                                                                        \
        over_frame(raster, Answer{map, found}, choose);                                                 \
    }
PLACE(place_classes_u8, unsigned char)
PLACE(place_classes_i32, int)
PLACE(place_classes_i64, long long)
