"""How many replicas, partitions, bytes and prices a rate of requests takes: `sluice plan`. Pure.

Arithmetic over the figures of a costs file, each of which says where it is from; and a simulation over the same
figures (`sluice.capacity.simulate`), which is checked against what `sluice load` measured.
"""
