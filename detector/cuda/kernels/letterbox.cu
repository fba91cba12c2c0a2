// From a frame's picture to a network's tensor in one pass: detector/letterbox.py, to the bit.
//
// Resized as OpenCV does it (bilinear, weights of 1/2048, cut to 1/4 grey level between rows and columns), each pixel
// that is blended being converted to BGR before. One thread a pixel of the tensor, all its channels.
//
// kernels: letterbox_f32 letterbox_f16 letterbox_u8
#include "numbers.cuh"
#include "picture.cuh"

struct alignas(8) Tap {  // the two columns, or rows, of the frame that are blended, and their weights in 1/2048
    unsigned short first, second;
    short first_weight, second_weight;
};

struct Fit {
    int width, height;               // of the tensor
    int left, top, across, down;     // the window of the tensor that the frame fills
    int channels;                    // 1: grey
    int rgb;                         // 1: the first channel is red, 0: it is blue
    int channel_step, pixel_step;    // elements from a channel to the next, from a pixel to the next
    ToBgr factors;
    float scale[3], shift[3], bar[3];  // of each channel; a bar's is its value in the tensor
    Tap taps[1];                     // `across` for the columns, then `down` for the rows: NVRTC refuses []
};

template <typename T> __device__ T narrow(float value);
template <> __device__ __forceinline__ float narrow(float value) { return value; }
template <> __device__ __forceinline__ Half narrow(float value) { return narrow_half(value); }
template <> __device__ __forceinline__ unsigned char narrow(float value) { return (unsigned char)int(value); }

__device__ __forceinline__ int blended(int a, int b, int c, int d, Tap across, Tap down) {
    int above = (a * across.first_weight + b * across.second_weight) >> 4;
    int below = (c * across.first_weight + d * across.second_weight) >> 4;
    return (((down.first_weight * above) >> 16) + ((down.second_weight * below) >> 16) + 2) >> 2;
}

template <typename Source>
__device__ __forceinline__ Pixel resized(const Source &source, Tap across, Tap down) {
    Pixel a = source.at(across.first, down.first), b = source.at(across.second, down.first);
    Pixel c = source.at(across.first, down.second), d = source.at(across.second, down.second);
    return {blended(a.blue, b.blue, c.blue, d.blue, across, down),
            blended(a.green, b.green, c.green, d.green, across, down),
            blended(a.red, b.red, c.red, d.red, across, down)};
}

__device__ __forceinline__ Pixel sampled(const Picture *picture, const Fit *fit, Tap across, Tap down) {
    switch (picture->format) {
        case BGRX: return resized(Packed<4>{picture}, across, down);
        case NV12: return resized(SemiPlanar{picture, fit->factors}, across, down);
        case I420: return resized(Planar{picture, fit->factors}, across, down);
        case YUYV: return resized(Interleaved{picture, fit->factors}, across, down);
        default: return resized(Packed<3>{picture}, across, down);
    }
}

__device__ __forceinline__ int grey_of(Pixel pixel) {  // as OpenCV weighs them
    return (pixel.blue * 3735 + pixel.green * 19235 + pixel.red * 9798 + (1 << 14)) >> 15;
}

// Rounded to the tensor's type between the two steps, as NumPy does it in place.
template <typename T>
__device__ __forceinline__ T normalised(const Fit *fit, int channel, int level) {
    T scaled = narrow<T>(float(level) * fit->scale[channel]);
    return narrow<T>(widen(scaled) + fit->shift[channel]);
}

template <typename T>
__device__ __forceinline__ void fill(const Fit *fit, T *place) {
    for (int channel = 0; channel < fit->channels; channel++)
        place[channel * fit->channel_step] = narrow<T>(fit->bar[channel]);
}

template <typename T>
__device__ __forceinline__ void show(const Fit *fit, Pixel pixel, T *place) {
    if (fit->channels == 1) {
        *place = normalised<T>(fit, 0, grey_of(pixel));
        return;
    }
    int blue = fit->rgb ? 2 : 0, red = 2 - blue;
    place[blue * fit->channel_step] = normalised<T>(fit, blue, pixel.blue);
    place[fit->channel_step] = normalised<T>(fit, 1, pixel.green);
    place[red * fit->channel_step] = normalised<T>(fit, red, pixel.red);
}

template <typename T>
__device__ __forceinline__ void letterbox(const Picture *picture, const Fit *fit, T *tensor) {
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= fit->width || y >= fit->height) return;
    T *place = tensor + size_t(y * fit->width + x) * fit->pixel_step;
    int column = x - fit->left, row = y - fit->top;
    if (column < 0 || column >= fit->across || row < 0 || row >= fit->down) return fill(fit, place);
    show(fit, sampled(picture, fit, fit->taps[column], fit->taps[fit->across + row]), place);
}

#define LETTERBOX(NAME, T)                                                                                    \
    extern "C" __global__ void __launch_bounds__(256) NAME(                                                   \
        const Picture *__restrict__ picture, const Fit *__restrict__ fit, T *__restrict__ tensor) {           \
        letterbox(picture, fit, tensor);                                                                      \
    }

LETTERBOX(letterbox_f32, float)
LETTERBOX(letterbox_f16, Half)
LETTERBOX(letterbox_u8, unsigned char)
