"""A real RTSP server for tests: GStreamer's, run by the system's Python in a process of its own.

`python3 tests/rtsp_server.py 8554 640 480 30` serves a test picture at rtsp://127.0.0.1:8554/live.
"""

from __future__ import annotations

import functools
import signal
import subprocess
import sys
from types import TracebackType

PYTHON = "/usr/bin/python3"
PIPELINE = (
    "( videotestsrc is-live=true ! video/x-raw,width={width},height={height},framerate={fps}/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max={fps} ! rtph264pay name=pay0 pt=96 )"
)
PROBE = (
    "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0');"
    "from gi.repository import Gst, GstRtspServer; Gst.init(None);"
    "missing = [e for e in ('videotestsrc', 'x264enc', 'rtph264pay') if not Gst.ElementFactory.find(e)];"
    "raise SystemExit(', '.join(missing) or None)"
)


@functools.cache
def missing() -> str | None:
    """Why the server cannot run here; None where it can."""
    try:
        probe = subprocess.run([PYTHON, "-c", PROBE], capture_output=True, text=True, timeout=20, check=False)
    except OSError as error:
        return f"no RTSP server: {error}"
    return f"no RTSP server: {probe.stderr.strip().splitlines()[-1]}" if probe.returncode else None


class RtspServer:
    """Serves /live on a loopback port, a free one where `port` is 0; entered, it is ready."""

    def __init__(self, width: int = 320, height: int = 240, fps: int = 30, port: int = 0) -> None:
        self._arguments = [str(port), str(width), str(height), str(fps)]
        self.port = port

    @property
    def url(self) -> str:
        """Where the test picture is."""
        return f"rtsp://127.0.0.1:{self.port}/live"

    def __enter__(self) -> RtspServer:
        self._process = subprocess.Popen([PYTHON, __file__, *self._arguments], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def freeze(self) -> None:
        """Keep the connection and send nothing any more, like a camera that hangs."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End at once; the port is free when this returns."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def serve(port: str, width: str, height: str, fps: str) -> None:
    """Serve for ever and print the port when ready."""
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory(shared=True)
    factory.set_launch(PIPELINE.format(width=width, height=height, fps=fps))
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service=port)
    server.get_mount_points().add_factory("/live", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    serve(*sys.argv[1:])
