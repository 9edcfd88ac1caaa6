"""The formats of prediction requests and replies: our own JSON, and other protocols (dialects)."""
