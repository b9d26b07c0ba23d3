"""PDQ: the extension against `pdqhash`, and which changes of a picture a hash survives."""
