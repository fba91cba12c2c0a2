"""CUDA's kernels on a CPU: so that each is compared with its NumPy twin wherever g++ is."""
