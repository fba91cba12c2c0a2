"""Everything that is read from or done to an ONNX graph before it runs."""
