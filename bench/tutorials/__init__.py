"""How a tutorial serves a model: load a pickle, make a DataFrame of one row, ask `predict_proba`."""
