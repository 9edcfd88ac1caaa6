"""How sure a prediction is: intervals and sets of labels with a promised coverage."""
