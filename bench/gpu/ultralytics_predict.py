"""ultralytics' own `predict` in a process of its own: python -m bench.gpu.ultralytics_predict WEIGHTS PICTURE.npy

Each line on standard input is answered by a line on standard output: the time in ms from a picture on the host to boxes
on the host.
"""

from __future__ import annotations

import sys
import time
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any

import numpy as np


def main() -> None:
    """What ultralytics prints goes to standard error."""
    weights, picture = sys.argv[1:]
    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        model = import_module("ultralytics").YOLO(weights, task="detect")
        image = np.load(picture)
        for _ in sys.stdin:
            print(_predict_ms(model, image), file=answers, flush=True)


def _predict_ms(model: Any, image: Any) -> float:
    began = time.perf_counter()
    (result,) = model.predict(image, device=0, verbose=False)
    result.boxes.data.cpu().numpy()
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    main()
