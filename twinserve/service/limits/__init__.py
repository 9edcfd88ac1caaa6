"""Limits: requests a second per caller, and requests in flight."""
