"""Checking the file of a compiled model before ONNX Runtime loads it."""
