"""How much of the text in pictures is read, and whether what must not pass as text passes as a picture of it."""
