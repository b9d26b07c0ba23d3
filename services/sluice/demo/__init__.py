"""What `sluice demo` shows: a generator at work, with harmless material, and what it should get."""
