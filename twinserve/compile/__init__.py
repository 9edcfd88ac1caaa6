"""scikit-learn to one ONNX graph in double precision, without changing an answer."""

from twinserve.compile.blocks import Column
from twinserve.compile.compiler import compile_pipeline

__all__ = ["Column", "compile_pipeline"]
