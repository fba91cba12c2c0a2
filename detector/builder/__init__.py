"""From an ONNX file to an engine, in a process of its own."""
