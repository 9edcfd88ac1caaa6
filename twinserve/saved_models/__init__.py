"""Models that other programs saved: skops files, pickles, MLflow folders."""
