"""ONNX to engine by TensorRT 8.6 to 11 and TensorRT-RTX: one way, asking each for what it has.

Where networks are strongly typed, the ONNX file's own types decide. Where they are not (TensorRT 8.6, and the deep
learning accelerator before 11), flags allow the lower precision and what the file has in float32 is asked to stay so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable
from core.files import replace_whole
from detector.builder.library import architectures, is_rtx, logger
from detector.builder.options import Job
from detector.builder.progress import Phases, Report
from detector.builder.refusal import MEMORY, refusal
from detector.builder.shapes import Range

WEAK_FLAGS = {"fp32": (), "fp16": ("FP16",), "int8": ("FP16", "INT8")}
CAPTURABLE = "REQUIRE_USER_ALLOCATION"  # without it TensorRT-RTX may allocate while a CUDA graph is recorded
MB = 1 << 20


class EngineBuilder:
    """One build: `report` gets its progress, whatever the library can tell of it."""

    def __init__(self, library: Any, job: Job, report: Report) -> None:
        self._job = job
        self._options = job.options
        self._library = library
        self._report = report
        self._logger = logger(library, report.line)
        self._builder = self._library.Builder(self._logger)

    def build(self, source: Path, ranges: Mapping[str, Range], begun: float) -> None:
        """Write the engine; `begun` is the share of the whole build that is behind. Raises `EngineUnavailable`."""
        network = self._builder.create_network(self._network_flags())
        parser = self._library.OnnxParser(network, self._logger)
        if not parser.parse_from_file(str(source)):
            raise refusal(self._job.model, source, parser)
        config = self._configure(network, ranges)
        monitor = self._monitor(begun)
        if monitor:
            config.progress_monitor = monitor
        self._report.phase("building the engine", begun if monitor else None)
        engine = self._builder.build_serialized_network(network, config)
        if engine is None:
            raise self._failure()
        self._job.engine.write_bytes(engine)
        self._keep_timings(config)

    @property
    def _strong(self) -> bool:
        typed = hasattr(self._library.NetworkDefinitionCreationFlag, "STRONGLY_TYPED")
        return typed and not (self._options.dla and hasattr(self._library.BuilderFlag, "FP16"))

    def _network_flags(self) -> int:
        kinds = self._library.NetworkDefinitionCreationFlag
        names = ("EXPLICIT_BATCH", "STRONGLY_TYPED") if self._strong else ("EXPLICIT_BATCH",)
        return sum(1 << int(getattr(kinds, name)) for name in names if hasattr(kinds, name))

    def _configure(self, network: Any, ranges: Mapping[str, Range]) -> Any:
        config = self._builder.create_builder_config()
        if self._options.workspace_mb:
            limit = self._options.workspace_mb * MB
            config.set_memory_pool_limit(self._library.MemoryPoolType.WORKSPACE, limit)
        if self._options.precision == "fp32":
            config.clear_flag(self._library.BuilderFlag.TF32)
        if not self._strong:
            self._allow_lower_precision(network, config)
        if self._options.dla:
            self._use_dla(config)
        if is_rtx(self._library):
            self._choose_architecture(config)
        else:
            self._take_timings(config)
        if hasattr(self._library.BuilderFlag, CAPTURABLE):
            config.set_flag(getattr(self._library.BuilderFlag, CAPTURABLE))
        config.add_optimization_profile(self._profile(network, ranges))
        return config

    def _allow_lower_precision(self, network: Any, config: Any) -> None:
        flags = WEAK_FLAGS[self._options.precision]
        for name in flags:
            config.set_flag(getattr(self._library.BuilderFlag, name))
        if not flags:
            return
        config.set_flag(self._library.BuilderFlag.PREFER_PRECISION_CONSTRAINTS)
        for layer in map(network.get_layer, range(network.num_layers)):
            if layer.type in self._weighted() or not layer.num_outputs:
                continue
            if layer.get_output(0).dtype == self._library.float32:
                layer.precision = self._library.float32

    def _weighted(self) -> tuple[Any, ...]:
        """Layers whose precision follows from their weights or the nodes around them."""
        kinds = self._library.LayerType
        return kinds.CONSTANT, kinds.QUANTIZE, kinds.DEQUANTIZE, kinds.CONVOLUTION

    def _use_dla(self, config: Any) -> None:
        if not self._builder.num_DLA_cores:
            raise EngineUnavailable(
                "there is no deep learning accelerator (DLA) that this TensorRT can use", "Build without --dla."
            )
        config.default_device_type = self._library.DeviceType.DLA
        config.DLA_core = 0
        config.set_flag(self._library.BuilderFlag.GPU_FALLBACK)

    def _choose_architecture(self, config: Any) -> None:
        known, wanted = architectures(self._library), self._options.target.architecture
        if wanted not in known:
            raise EngineUnavailable(
                f"TensorRT-RTX builds nothing for architecture {wanted}, only for {', '.join(known)}",
                "Give one of these with --architecture; for a GPU of another, use --backend tensorrt.",
            )
        config.num_compute_capabilities = 1
        config.set_compute_capability(getattr(self._library.ComputeCapability, f"SM{wanted}"), 0)

    def _profile(self, network: Any, ranges: Mapping[str, Range]) -> Any:
        profile = self._builder.create_optimization_profile()
        for tensor in map(network.get_input, range(network.num_inputs)):
            span = ranges[tensor.name]
            profile.set_shape(tensor.name, span.smallest, span.usual, span.largest)
        return profile

    def _take_timings(self, config: Any) -> None:
        """Measurements of earlier builds; those of another version or GPU are refused by the library."""
        path = self._job.timings
        known = path.read_bytes() if path.is_file() else b""
        if not config.set_timing_cache(config.create_timing_cache(known), False):
            config.set_timing_cache(config.create_timing_cache(b""), False)

    def _keep_timings(self, config: Any) -> None:
        if not is_rtx(self._library):
            replace_whole(self._job.timings, config.get_timing_cache().serialize())

    def _monitor(self, begun: float) -> Any:
        """The library's own progress as shares of the whole build; None where it has none."""
        base = getattr(self._library, "IProgressMonitor", None)
        return base and _monitor(base, Phases(lambda name, share: self._tell(name, begun + (1 - begun) * share)))

    def _tell(self, name: str, share: float) -> None:
        self._report.phase(name[:1].lower() + name[1:], round(share, 3))

    def _failure(self) -> EngineUnavailable:
        reason = self._logger.reason()
        scarce = "memory" in reason.lower()
        return EngineUnavailable(
            f"TensorRT cannot build {self._job.model.name}: {reason}",
            MEMORY if scarce else "Try another --precision.",
        )


def _monitor(base: Any, phases: Phases) -> Any:
    class Monitor(base):  # type: ignore[misc]
        """TensorRT's methods; it calls them from threads of its own."""

        def __init__(self) -> None:
            super().__init__()

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            phases.start(phase_name, parent_phase, num_steps)

        def step_complete(self, phase_name: str, step: int) -> bool:
            phases.step(phase_name, step)
            return True

        def phase_finish(self, phase_name: str) -> None:
            phases.finish(phase_name)

    return Monitor()
