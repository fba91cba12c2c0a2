// The number types that networks take and give, without CUDA's own header: NVRTC does not bring it.
#pragma once

#ifdef __CUDACC_RTC__  // NVRTC has no <math.h> either
#define INFINITY __int_as_float(0x7f800000)
#endif

struct Half {
    unsigned short bits;
};

#ifdef __CUDACC__
__device__ __forceinline__ float widen(Half value) {
    float wide;
    asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value.bits));
    return wide;
}

__device__ __forceinline__ Half narrow_half(float value) {
    Half half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half.bits) : "f"(value));
    return half;
}
#else  // a CPU that runs the kernels in tests
inline float widen(Half value) { return float(cuda_on_cpu_bits<_Float16>(value.bits)); }
inline Half narrow_half(float value) { return {cuda_on_cpu_bits<unsigned short>(_Float16(value))}; }
#endif

__device__ __forceinline__ float widen(float value) { return value; }
