"""What is recorded about the work, and the one list of what may be."""
