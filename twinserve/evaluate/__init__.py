"""Evaluation of a model: metrics, their confidence intervals, permutation importance."""
