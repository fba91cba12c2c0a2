from __future__ import annotations

import json
import platform

import numpy as np

from output.environment import environment


def test_it_names_what_a_measurement_depends_on() -> None:
    seen = environment()
    assert seen["python"] == platform.python_version()
    assert seen["packages"]["numpy"] == np.__version__
    assert set(seen["packages"]) == {"numpy", "cv2", "onnxruntime", "av"}
    assert seen["cores"] >= 1
    assert platform.machine() in seen["system"]
    assert set(seen) == {"board", "cpu", "cores", "system", "python", "packages", "commit"}


def test_it_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(environment())) == environment()
