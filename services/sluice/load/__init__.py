"""Load at a stated rate, and what became of it: `sluice load`.

Open loop: requests go out when they are due, whether or not earlier ones were answered, and latency counts from when
a request was due. So a service that stands still for a second is seen as one by every request of that second.
"""
