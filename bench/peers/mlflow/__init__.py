"""MLflow's scoring server: a saved model, served by its command."""
