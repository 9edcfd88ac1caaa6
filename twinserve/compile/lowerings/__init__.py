"""The lowering of each class of estimator, a file for each family."""
