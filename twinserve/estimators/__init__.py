"""Our own scikit-learn estimators, and inspection of other estimators."""
