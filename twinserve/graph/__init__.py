"""The file of a compiled model: what it may hold, read before ONNX Runtime sees it."""
