"""The Open Inference Protocol V2 as a dialect."""
