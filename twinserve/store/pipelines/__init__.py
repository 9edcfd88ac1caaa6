"""Fitted pipelines in files: stored, bounded, and tried in another process before a server opens them."""
