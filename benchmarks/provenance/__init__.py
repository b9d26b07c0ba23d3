"""Finding our own pictures again: what they outlive, and what is mistaken for them."""
