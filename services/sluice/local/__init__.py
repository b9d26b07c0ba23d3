"""Running Sluice on one machine: the broker, the stack, the development certificates."""
