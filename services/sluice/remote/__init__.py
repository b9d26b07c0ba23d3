"""Other people's services, over HTTP: those that keep keys, and those that stamp."""
