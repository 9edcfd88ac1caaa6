"""Protocols in which a request is a list of instances and an answer a list of predictions."""
