"""Where strangers' pictures are parsed: in short-lived children that can compute and nothing else."""
