"""Bytes from addresses that senders name: only from hosts that the operator lists, and never from inside."""
