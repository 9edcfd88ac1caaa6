"""What a model is: its inputs, its training, its compiled form, its files and versions."""
