"""What a frame's path on the GPU is made of, each part by itself."""

from __future__ import annotations

from core.types import Frame
from detector.cuda.answers import Reading
from detector.cuda.gpu import Gpu
from detector.cuda.marks import Marks
from detector.cuda.memory import Memory
from detector.cuda.network import Network
from detector.cuda.path import Lane, Work
from detector.cuda.upload import Copied


class Parts:
    """For frames of the first one's form through one network; every method queues work and returns, but `read`."""

    def __init__(self, gpu: Gpu, network: Network, first: Frame, memory: Memory) -> None:
        self._stream = gpu.computing
        self._upload = Copied(first, memory, gpu.locks, gpu.computing)
        self._work = Work(gpu, network, first, memory)
        self._lane = Lane(self._upload, Marks(gpu.device), self._work.decoding, memory)

    def launch_all(self, frame: Frame) -> None:
        """The whole path, one launch after another."""
        self._upload.send(frame)
        self._work.enqueue(self._lane)

    def letterbox(self) -> None:
        """The frame that was last sent becomes the network's input."""
        self._work.letterbox.enqueue(self._stream, self._upload.picture)

    def decode(self) -> None:
        """The network's outputs become boxes, suppressed."""
        self._work.decoding.enqueue(self._stream)

    def kernels(self) -> None:
        """All kernels of ours."""
        self.letterbox()
        self.decode()

    def read(self) -> Reading:
        """What `launch_all` found, when it is done."""
        return self._lane.read()
