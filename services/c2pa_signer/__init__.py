"""Signs pictures that were allowed, and nothing else."""
