"""What to let go of a live stream when decoding cannot keep up, so that its delay stays bounded."""

from __future__ import annotations

from capture.link import Received

LIMIT_NS = 1_000_000_000
WAITED_NS = 5_000_000  # what took this long was not lying there already
DRIFT = 1e-3  # two clocks that run apart by less than this are no delay


class Backlog:
    """Told of each packet, says whether to leave it undecoded.

    The delay is how much later a packet comes, by its own time, than the promptest one did. Beyond `LIMIT_NS`
    everything is let go until the present is reached, where packets have to be waited for, and then up to a key frame.
    """

    def __init__(self) -> None:
        self._promptest_ns: float | None = None
        self._last_ns = 0
        self._skipping = False
        self._present = False

    def skips(self, received: Received) -> bool:
        """Whether to let this packet go."""
        if received.media_ns is None:
            return self._skipping
        lateness_ns = received.captured_ns - received.media_ns
        if self._skipping:
            self._present = self._present or received.waited_ns >= WAITED_NS
            self._skipping = not (self._present and received.packet.is_keyframe)
            self._promptest_ns = lateness_ns
        elif self._delay_ns(lateness_ns, received.captured_ns) > LIMIT_NS:
            self._skipping, self._present = True, False
        self._last_ns = received.captured_ns
        return self._skipping

    def _delay_ns(self, lateness_ns: int, now_ns: int) -> float:
        if self._promptest_ns is None:
            self._promptest_ns = lateness_ns
        self._promptest_ns = min(lateness_ns, self._promptest_ns + DRIFT * (now_ns - self._last_ns))
        return lateness_ns - self._promptest_ns
