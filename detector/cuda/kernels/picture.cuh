// A frame's picture as it lies in memory, and its pixels.
//
// The YUV formats become BGR by the whole-number arithmetic of FFmpeg's vector code (libswscale/x86/yuv_2_rgb.asm): the
// chroma of a pixel is that of the pair or the square it belongs to, and each product is cut to a whole number alone.
#pragma once

enum Format {  // in the order of core/pixels.py
    BGR, BGRX, NV12, I420, YUYV
};

struct Picture {  // in device memory: where it lies may change without a new capture
    const unsigned char *planes[3];
    int pitches[3];  // bytes from a row of a plane to the next
    int format, width;
};

struct ToBgr {  // factors of 1/8192
    int black;  // luma of black, times 8
    int luma, blue_u, green_u, green_v, red_v;
};

struct Pixel {
    int blue, green, red;
};

__device__ __forceinline__ const unsigned char *row_of(const Picture *picture, int plane, int y) {
    return picture->planes[plane] + size_t(y) * picture->pitches[plane];
}

__device__ __forceinline__ int to_byte(int value) { return min(max(value, 0), 255); }

__device__ __forceinline__ Pixel converted(const ToBgr &factors, int y, int u, int v) {
    int light = ((y * 8 - factors.black) * factors.luma) >> 16;
    u = (u - 128) * 8;
    v = (v - 128) * 8;
    return {to_byte(light + ((u * factors.blue_u) >> 16)),
            to_byte(light + ((u * factors.green_u) >> 16) + ((v * factors.green_v) >> 16)),
            to_byte(light + ((v * factors.red_v) >> 16))};
}

template <int BYTES>
struct Packed {  // BGR, and BGRX
    const Picture *picture;

    __device__ __forceinline__ Pixel at(int x, int y) const {
        const unsigned char *pixel = row_of(picture, 0, y) + x * BYTES;
        return {__ldg(pixel), __ldg(pixel + 1), __ldg(pixel + 2)};
    }
};

struct SemiPlanar {  // NV12
    const Picture *picture;
    const ToBgr &factors;

    __device__ __forceinline__ Pixel at(int x, int y) const {
        const unsigned char *chroma = row_of(picture, 1, y >> 1) + (x & ~1);
        return converted(factors, __ldg(row_of(picture, 0, y) + x), __ldg(chroma), __ldg(chroma + 1));
    }
};

struct Planar {  // I420
    const Picture *picture;
    const ToBgr &factors;

    __device__ __forceinline__ Pixel at(int x, int y) const {
        return converted(factors, __ldg(row_of(picture, 0, y) + x), __ldg(row_of(picture, 1, y >> 1) + (x >> 1)),
                         __ldg(row_of(picture, 2, y >> 1) + (x >> 1)));
    }
};

struct Interleaved {  // YUYV; a last column without a partner has no V, and its U stands in
    const Picture *picture;
    const ToBgr &factors;

    __device__ __forceinline__ Pixel at(int x, int y) const {
        const unsigned char *row = row_of(picture, 0, y);
        int u = (x & ~1) * 2 + 1, v = min(u + 2, picture->width * 2 - 1);
        return converted(factors, __ldg(row + x * 2), __ldg(row + u), __ldg(row + v));
    }
};
