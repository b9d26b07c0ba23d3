"""The OpenTelemetry Collector's configuration, and what keeps its lists of attributes those of the services."""
