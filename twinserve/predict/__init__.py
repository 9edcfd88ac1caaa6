"""Predictors: columns in, predictions out."""
