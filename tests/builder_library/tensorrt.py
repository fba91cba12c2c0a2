"""A stand-in for the building half of TensorRT 10.3's Python module: the "engine" it makes tells how it was made.

`FAKE_TENSORRT` in the environment says how a build ends: "killed", "crash", "refused", "slow".
"""

from __future__ import annotations

import json
import os
import signal
import time
from enum import IntEnum
from types import SimpleNamespace

import onnx

__version__ = "10.3.0"


class ILogger:
    class Severity(IntEnum):
        INTERNAL_ERROR = 0
        ERROR = 1
        WARNING = 2
        INFO = 3
        VERBOSE = 4

    def log(self, severity, text):
        raise NotImplementedError


class IProgressMonitor:
    pass


class NetworkDefinitionCreationFlag(IntEnum):
    EXPLICIT_BATCH = 0
    STRONGLY_TYPED = 1


BuilderFlag = IntEnum("BuilderFlag", "FP16 INT8 TF32 GPU_FALLBACK PREFER_PRECISION_CONSTRAINTS")
MemoryPoolType = IntEnum("MemoryPoolType", "WORKSPACE")
DeviceType = IntEnum("DeviceType", "GPU DLA")
LayerType = IntEnum("LayerType", "CONSTANT QUANTIZE DEQUANTIZE CONVOLUTION OTHER")
float32 = "FLOAT"


class Config:
    def __init__(self):
        self.flags = {BuilderFlag.TF32}
        self.pools = {}
        self.profiles = []
        self.progress_monitor = None
        self.default_device_type = DeviceType.GPU
        self.DLA_core = -1

    def set_flag(self, flag):
        self.flags.add(flag)

    def clear_flag(self, flag):
        self.flags.discard(flag)

    def set_memory_pool_limit(self, pool, size):
        self.pools[pool.name] = size

    def add_optimization_profile(self, profile):
        self.profiles.append(profile.shapes)
        return 0

    def create_timing_cache(self, content):
        return SimpleNamespace(content=content, serialize=lambda: b"timed " + content)

    def set_timing_cache(self, cache, ignore_mismatch):
        self.timings = cache
        return b"of another GPU" not in cache.content

    def get_timing_cache(self):
        return self.timings


class Profile:
    def __init__(self):
        self.shapes = {}

    def set_shape(self, name, smallest, usual, largest):
        self.shapes[name] = (smallest, usual, largest)


class Layer:
    """A node; in a strongly typed network its precision cannot be set."""

    num_outputs = 1

    def __init__(self, node):
        self.node = node
        self.precision = None
        self.type = {"Conv": LayerType.CONVOLUTION}.get(node.op_type, LayerType.OTHER)

    def get_output(self, index):
        return SimpleNamespace(dtype=float32)


class Network:
    def __init__(self, flags):
        self.flags = flags
        self.layers = []
        self.inputs = []

    @property
    def num_layers(self):
        return len(self.layers)

    @property
    def num_inputs(self):
        return len(self.inputs)

    def get_layer(self, index):
        return self.layers[index]

    def get_input(self, index):
        return SimpleNamespace(name=self.inputs[index])


class OnnxParser:
    """Refuses ConvInteger, as TensorRT does: with the message "false"."""

    def __init__(self, network, logger):
        self._network = network
        self._errors = []

    def parse_from_file(self, path):
        graph = onnx.load(path).graph
        self._network.layers = [Layer(node) for node in graph.node]
        self._network.inputs = [value.name for value in graph.input]
        self._errors = [self._error(number, node) for number, node in enumerate(graph.node) if node.op_type in REFUSED]
        return not self._errors

    def _error(self, number, node):
        said = REFUSED[node.op_type]
        return SimpleNamespace(node=lambda: number, node_operator=lambda: node.op_type, desc=lambda: said)

    @property
    def num_errors(self):
        return len(self._errors)

    def get_error(self, index):
        return self._errors[index]


REFUSED = {"ConvInteger": "false", "Det": 'x == 0 && "Determinants are not supported."'}


class Builder:
    num_DLA_cores = 0

    def __init__(self, logger):
        self._logger = logger

    def create_network(self, flags):
        return Network(flags)

    def create_builder_config(self):
        return Config()

    def create_optimization_profile(self):
        return Profile()

    def build_serialized_network(self, network, config):
        self._logger.log(ILogger.Severity.INFO, "Some tactics\nare timed.")
        end = os.environ.get("FAKE_TENSORRT", "")
        if end == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if end == "crash":
            raise KeyError("a fault of the library")
        if end == "refused":
            self._logger.log(ILogger.Severity.ERROR, "Could not find any implementation for node 7.")
            return None
        print("TensorRT prints what it likes", flush=True)
        self._tell(config.progress_monitor, 1000 if end == "slow" else 2)
        return json.dumps(_made(network, config)).encode()

    def _tell(self, monitor, steps):
        if monitor:
            monitor.phase_start("Building engine", None, steps)
            for step in range(steps):
                time.sleep(0.05)
                monitor.step_complete("Building engine", step)
            monitor.phase_finish("Building engine")


def _made(network, config):
    return {
        "network_flags": network.flags,
        "flags": sorted(flag.name for flag in config.flags),
        "pools": config.pools,
        "profiles": config.profiles,
        "in_float": [layer.node.op_type for layer in network.layers if layer.precision == float32],
        "device": config.default_device_type.name,
    }
