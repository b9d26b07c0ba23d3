"""The policy: a reviewed file that trust & safety staff own, as data that code evaluates."""
