"""Programs that fit the models of our own: `python -m training.text`."""
