"""Float32 is compared as float32."""

from __future__ import annotations

import os

from detector.cuda.engines.onnxruntime_cuda import TF32_OVERRIDE

os.environ[TF32_OVERRIDE] = "0"
