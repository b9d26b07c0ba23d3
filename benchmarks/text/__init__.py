"""python -m benchmarks.text: the text model, the same unquantised, and TF-IDF with logistic regression."""
