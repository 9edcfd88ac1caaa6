"""scikit-learn to one ONNX graph in double precision, without changing an answer."""

from model.compile.values import Column
from model.compile.whole import compile_pipeline

__all__ = ["Column", "compile_pipeline"]
