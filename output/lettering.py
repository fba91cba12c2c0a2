"""Text on a picture.

OpenCV before 5 draws ASCII only: accents are dropped and other letters become "?" (log and window keep them).
"""

from __future__ import annotations

import unicodedata

from core.palette import RGB
from core.pixels import U8

CAP_HEIGHT = 0.72  # of the em square
FULL_CAP_HEIGHT = 22  # pixels that OpenCV's fonts have at scale 1


class Lettering:
    """Text of one size: `height` is that of its em square in pixels."""

    def __init__(self, height: int) -> None:
        import cv2

        self.cap_height = CAP_HEIGHT * height
        self._font = cv2.FONT_HERSHEY_DUPLEX
        self._scale = self.cap_height / FULL_CAP_HEIGHT
        self._thickness = max(1, round(height / 24))

    def width(self, text: str) -> int:
        """How wide a text will be, in pixels."""
        import cv2

        size, _ = cv2.getTextSize(ascii_text(text), self._font, self._scale, self._thickness)
        return int(size[0])

    def write(self, picture: U8, text: str, at: tuple[float, float], colour: RGB) -> None:
        """Write on a BGR picture; `at` is where the text begins and its middle height."""
        import cv2

        origin = round(at[0]), round(at[1] + self.cap_height / 2)
        font = self._font, self._scale, colour[::-1], self._thickness
        cv2.putText(picture, ascii_text(text), origin, *font, cv2.LINE_AA)


def ascii_text(text: str) -> str:
    """A text without accents; other letters that ASCII lacks become "?"."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(c for c in letters if not unicodedata.combining(c)).encode("ascii", "replace").decode()
