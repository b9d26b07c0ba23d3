"""Ways to falsify a signed picture, one per file, and what readers of C2PA say of each: `python -m tests.tamper`."""
