"""What TensorRT-RTX is told when it makes an execution context, and the kernels that it compiles for it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from core.files import replace_whole


class CompiledKernels:
    """Kernels for this GPU, kept in a file beside the engine, so that the next start need not compile them.

    The library refuses a file of another version, GPU or driver and compiles anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cache: Any = None
        self._known = b""

    def configure(self, library: Any, engine: Any) -> Any:
        """A configuration: all kernels are compiled for the shapes that are used, and no CUDA graph is made inside."""
        config = engine.create_runtime_config()
        config.cuda_graph_strategy = library.CudaGraphStrategy.DISABLED
        config.dynamic_shapes_kernel_specialization_strategy = library.DynamicShapesKernelSpecializationStrategy.EAGER
        self._cache = config.create_runtime_cache()
        with suppress(OSError):
            self._known = self._path.read_bytes()
        if self._known:
            self._cache.deserialize(self._known)
        config.set_runtime_cache(self._cache)
        return config

    def keep(self) -> None:
        """Write what was compiled meanwhile; a folder that cannot be written costs time at the next start only."""
        if self._cache is None:
            return
        compiled = bytes(self._cache.serialize())
        self._cache = None
        if compiled == self._known:
            return
        with suppress(OSError):
            replace_whole(self._path, compiled)
