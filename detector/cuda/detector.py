"""The detector whose every stage runs on the GPU: a frame goes up once, and only what was found comes back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType

from core.buffers import FrameBuffers
from core.errors import OutputInvalid
from core.pixels import U8, PixelFormat
from core.types import NO_CLASS, EngineInfo, Frame, Result, StageTimes, Thresholds
from detector.cuda.driver import Device
from detector.cuda.engine import DeviceEngine, open_engine
from detector.cuda.found import settings_record
from detector.cuda.gpu import Gpu
from detector.cuda.network import Network, input_shape
from detector.cuda.path import Path, form
from detector.cuda.trial import fastest
from detector.cuda.upload import Copied, Upload
from detector.letterbox import sized
from detector.model import Model

FORMATS = (
    PixelFormat.I420,
    PixelFormat.NV12,
    PixelFormat.YUYV,
    PixelFormat.BGR,
    PixelFormat.BGRX,
)  # fewest bytes first
USUAL_SIZE = 1280, 720


@dataclass(frozen=True)
class Makers:
    """What opens devices and engines."""

    device: Callable[[], Device] = Device
    engine: Callable[[str, Model, tuple[int, ...], int], DeviceEngine] = open_engine


class CudaDetector:
    """With depth 2 a frame goes up while the one before it is computed."""

    formats: tuple[PixelFormat, ...] = FORMATS

    def __init__(self, model: Model, backend: str, depth: int = 1, makers: Makers | None = None) -> None:
        preprocessing = model.layout.preprocessing
        self.depth = depth
        self.info = EngineInfo(
            model=model.path.name,
            head=model.layout.head,
            backend=backend,
            device="",
            precision=model.precision,
            input_width=preprocessing.width,
            input_height=preprocessing.height,
            labels=model.labels,
            thresholds=model.thresholds,
            notes=model.notes,
            depth=depth,
        )
        self._model = model
        self._makers = makers or Makers()
        self._open_engine = partial(self._makers.engine, backend)
        self._thresholds = model.thresholds

    def __enter__(self) -> CudaDetector:
        """Loads all that loads late, and learns what there is to tell, with a frame of the usual size."""
        self._under_way: deque[tuple[Path, Frame]] = deque()
        self._outcomes: deque[Result | OutputInvalid] = deque()
        self._sent: Thresholds | None = None
        self._network: Network | None = None
        self._path: Path | None = None
        self._passing: tuple[str, ...] = ()  # those among the notes that hold for the path that is open
        self._upload: type[Upload] = Copied
        with ExitStack() as opening:
            device = opening.enter_context(self._makers.device())
            self._gpu = opening.enter_context(Gpu(device, self.depth, self._settings(self._thresholds).nbytes))
            opening.callback(self._close_network)
            opening.callback(self._close_path)
            self._send_thresholds()
            self._rehearse()
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    @property
    def gpu(self) -> Gpu:
        """What it works on; open while the detector is."""
        return self._gpu

    @property
    def network(self) -> Network:
        """The network that is open; frames of another size may need another one."""
        if self._network is None:
            raise RuntimeError("no network is open before the detector is")
        return self._network

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Acts from the next frame on; may be called from any thread."""
        self._thresholds = thresholds

    def submit(self, frame: Frame) -> None:
        """Queue all that is to be done with a frame."""
        if len(self._under_way) + len(self._outcomes) == self.depth:
            raise RuntimeError(f"only {self.depth} frames may be under way: collect one first")
        path = self._path_for(frame)
        if self._thresholds is not self._sent:
            self._send_thresholds()
        path.submit(frame)
        self._note(path)
        self._under_way.append((path, frame))

    def collect(self) -> Result:
        """What is in the oldest frame; `OutputInvalid` where the network answered nonsense."""
        if not self._outcomes:
            self._finish_oldest()
        outcome = self._outcomes.popleft()
        if isinstance(outcome, OutputInvalid):
            raise outcome
        return outcome

    def _finish_oldest(self) -> None:
        """Wait for the oldest frame under way, and keep what comes of it."""
        path, frame = self._under_way.popleft()
        lane = path.collect()
        times, age_ms = lane.times, (lane.finished_ns - frame.captured_ns) / 1e6
        took = times.preprocess_ms, times.inference_ms, times.postprocess_ms
        stages = StageTimes(age_ms - sum(took), *took)
        try:
            found = lane.read()
        except OutputInvalid as error:
            self._outcomes.append(error)
        else:
            result = Result(frame, found.prediction, stages, self._model.labels, lane.finished_ns, found.overlooked)
            self._outcomes.append(result)

    def _settings(self, thresholds: Thresholds) -> U8:
        """The filter has a place for each class that a map can hold: such a network may not know how many it has."""
        return settings_record(thresholds, max(len(self._model.labels), NO_CLASS))

    def _send_thresholds(self) -> None:
        self._sent = self._thresholds
        self._gpu.computing.upload(self._gpu.settings, self._settings(self._sent))

    def _rehearse(self) -> None:
        """A black frame of the usual size, of which nobody wants to know what is in it."""
        width, height = USUAL_SIZE
        planes = FrameBuffers().take(FORMATS[0], width, height)
        for plane in planes:
            plane.fill(0)
        frame = Frame(planes, width, height, 0, time.perf_counter_ns(), format=FORMATS[0])
        network = self._network_for(frame)
        self._upload, notes = fastest(self._gpu, network, frame) if self._gpu.device.integrated else (Copied, ())
        path = self._path_for(frame)
        self.info = replace(
            self.info,
            device=f"{self._gpu.device.name}, {network.engine.device}",
            precision=network.engine.precision,
            notes=(*self._model.notes, *notes),
        )
        self._note(path)

    def _note(self, path: Path) -> None:
        """A path may do without a graph, and any frame's page lock may be refused."""
        passing = (*path.notes, *self._gpu.locks.notes)
        if passing != self._passing:
            lasting = (note for note in self.info.notes if note not in self._passing)
            self.info = replace(self.info, notes=(*lasting, *passing))
            self._passing = passing

    def _path_for(self, frame: Frame) -> Path:
        """The path that is open, if it takes frames of this form; otherwise another."""
        path = self._path
        return path if path and path.form == form(frame) else self._another_path(frame)

    def _another_path(self, frame: Frame) -> Path:
        """The frames under way are finished first."""
        while self._under_way:
            self._finish_oldest()
        self._close_path()
        self._gpu.locks.release()
        self._path = Path(self._gpu, self._network_for(frame), self._upload, frame)
        return self._path

    def _network_for(self, frame: Frame) -> Network:
        """The network that is open, if its input is what such a frame needs; otherwise it is opened for that size."""
        preprocessing = sized(self._model.layout.preprocessing, frame.width, frame.height)
        if self._network is None or self._network.input_shape != input_shape(preprocessing):
            self._close_network()
            self._network = Network(self._model, preprocessing, self._gpu, self._open_engine)
        return self._network

    def _close_path(self) -> None:
        path, self._path = self._path, None
        if path:
            path.close()

    def _close_network(self) -> None:
        network, self._network = self._network, None
        if network:
            network.close()
