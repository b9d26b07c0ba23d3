"""The host: transport, batching, deadlines, readiness and shutdown, once for every service."""
