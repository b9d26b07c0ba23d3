"""What damage, filters and drawings do to the check "person", and what it costs."""
