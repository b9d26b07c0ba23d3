"""A discrete-event simulation of the road from request to decision, over the figures that plans rest on.

What is as in the services: records go to partitions, partitions to replicas; each replica is a queue of its own, with
the host's batching (`sluice.host.batching`): a place is taken, company is waited for, a batch is filled; checks work
at the same time and the decision waits for the last of them; what is past its deadline leaves its queue.

What is simpler: work is drawn from a gamma distribution; a batch costs what its items cost; the broker is a delay
and, on a shared machine, work, but no queue; nothing fails; there is one lane.
"""
