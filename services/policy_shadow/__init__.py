"""A second policy beside the live one: decides recorded decisions again, counts and samples where the two differ."""
