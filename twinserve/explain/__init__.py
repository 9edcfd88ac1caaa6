"""Why a prediction is what it is: Shapley values of the caller's own fields."""
