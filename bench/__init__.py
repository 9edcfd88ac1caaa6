"""Measurements: the floor of each framework, this service, the usual tutorial code and the peers, side by side."""
