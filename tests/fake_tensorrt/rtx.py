"""What TensorRT-RTX has in addition: kernels compiled where they run, and CUDA graphs of its own."""

from __future__ import annotations

from enum import Enum

from fake_tensorrt.runtime import ICudaEngine, IExecutionContext
from fake_tensorrt.values import Buffer, IHostMemory, check

CudaGraphStrategy = Enum("CudaGraphStrategy", {"DISABLED": 0, "WHOLE_GRAPH_CAPTURE": 1})
DynamicShapesKernelSpecializationStrategy = Enum(
    "DynamicShapesKernelSpecializationStrategy", {"LAZY": 0, "EAGER": 1, "NONE": 2}
)
ComputeCapability = Enum("ComputeCapability", {"NONE": 0, "CURRENT": 1, "SM75": 75, "SM86": 86, "SM120": 120})


class IRuntimeCache:
    def __init__(self) -> None:
        self.content = b""

    def deserialize(self, blob: Buffer) -> bool:
        self.content = blob if blob.startswith(b"kernels") else b""
        return bool(self.content)

    def serialize(self) -> IHostMemory:
        return IHostMemory(self.content)


class IRuntimeConfig:
    __slots__ = ("_cache", "cuda_graph_strategy", "dynamic_shapes_kernel_specialization_strategy")

    def __init__(self) -> None:
        self.cuda_graph_strategy = CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
        self.dynamic_shapes_kernel_specialization_strategy = DynamicShapesKernelSpecializationStrategy.LAZY
        self._cache: IRuntimeCache | None = None

    def create_runtime_cache(self) -> IRuntimeCache:
        return IRuntimeCache()

    def set_runtime_cache(self, cache: IRuntimeCache) -> bool:
        self._cache = cache
        return True

    def get_runtime_cache(self) -> IRuntimeCache:
        assert self._cache
        return self._cache


class RtxExecutionContext(IExecutionContext):
    def __init__(self, engine: ICudaEngine, config: IRuntimeConfig) -> None:
        super().__init__(engine)
        self._config = config

    def is_stream_capturable(self, stream: int) -> bool:
        check(stream, int)
        own_graphs = self._config.cuda_graph_strategy != CudaGraphStrategy.DISABLED
        return not own_graphs and self._library.capturable

    def execute_async_v3(self, stream_handle: int) -> bool:
        self._config.get_runtime_cache().content = b"kernels for " + repr(self._shapes).encode()
        return super().execute_async_v3(stream_handle)


class RtxEngine(ICudaEngine):
    def create_runtime_config(self) -> IRuntimeConfig:
        return IRuntimeConfig()

    def create_execution_context(self, runtime_config: IRuntimeConfig) -> IExecutionContext:
        check(runtime_config, IRuntimeConfig)
        return None if self._out_of_memory() else RtxExecutionContext(self, runtime_config)
