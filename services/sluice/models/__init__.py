"""The model repository: cards, digests, engines, and how weights get here."""
