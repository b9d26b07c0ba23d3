"""The credentials of strangers' pictures: read in a process of their own, and told in plain words."""
