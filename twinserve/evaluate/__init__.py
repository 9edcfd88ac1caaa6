"""How good a model is: metrics, their intervals, what each feature is worth."""
