"""The kernels of the GPU beside their NumPy twins: given the same, they must find the same."""
