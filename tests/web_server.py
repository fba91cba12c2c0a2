"""A web server for tests on a loopback port: Motion-JPEG, a folder of files, and what can be wrong with either."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

import cv2
from clips import numbered

PERIOD_S = 0.02


class WebServer:
    """Serves `folder`, and under it the paths in `_Handler.pages`, from `__enter__` to `__exit__`."""

    def __init__(self, folder: Path) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
        self._server.stopped = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def url(self, path: str, user: str = "") -> str:
        """The address of a path."""
        return f"http://{user}127.0.0.1:{self._server.server_port}/{path}"

    def __enter__(self) -> WebServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass

    def do_GET(self) -> None:
        page = self.pages().get(urlsplit(self.path).path)
        with suppress(ConnectionError):
            page() if page else super().do_GET()

    def pages(self) -> dict[str, Callable[[], None]]:
        return {
            "/mjpeg": self._mjpeg,
            "/silent": self._silent,
            "/locked": lambda: self.send_error(401),
            "/broken": lambda: self.send_error(503),
            "/text": lambda: self._begin("text/html", b"<p>No video here.</p>" * 500),
        }

    def _begin(self, kind: str, body: bytes = b"") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _silent(self) -> None:
        self.server.stopped.wait()

    def _mjpeg(self) -> None:
        """Numbered pictures; `?frames=5` ends after five, `?then=silent` goes on saying nothing."""
        asked = parse_qs(urlsplit(self.path).query)
        frames = int(asked.get("frames", ["100000"])[0])
        self._begin("multipart/x-mixed-replace; boundary=picture")
        for number in range(frames):
            if self.server.stopped.wait(PERIOD_S):
                return
            data = cv2.imencode(".jpg", numbered(number % 50, 64, 48))[1].tobytes()
            head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            self.wfile.write(head.encode() + data + b"\r\n")
        if "then" in asked:
            self._silent()
