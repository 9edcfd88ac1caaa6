"""The least that a framework can do for a prediction: read the body, validate it, answer with fixed bytes."""
