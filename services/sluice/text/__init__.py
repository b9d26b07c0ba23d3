"""Text: what makes spellings comparable (`folding`), and the model that scores it (`model`)."""
