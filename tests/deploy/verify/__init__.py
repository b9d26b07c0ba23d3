"""`make verify-deploy`: all that can be shown of the chart and of deploy/ without a cluster."""
