"""python -m benchmarks.images: a picture stage by stage, served, through every engine, and decoded once."""
