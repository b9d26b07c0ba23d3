"""Stand-ins for services of others, for development and tests."""
