"""Did we make this? Keeps a record of every signed picture, and finds which of them a stranger's picture is."""
