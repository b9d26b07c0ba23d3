"""`sluice models add`: an operator's own picture classifier becomes a pack of the repository."""
