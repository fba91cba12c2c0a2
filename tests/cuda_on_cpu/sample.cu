// For the contract of devices: arithmetic on memory.
// kernels: add_f32

extern "C" __global__ void add_f32(const float *terms, float *sums, int count, float constant) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) sums[i] = terms[i] + constant;
}
