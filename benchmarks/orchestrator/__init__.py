"""python -m benchmarks.orchestrator: what does the decision loop cost, beside a stream library and a bare copy?

Everything runs on one real broker in one run: the orchestrator's loop by itself, the orchestrator as it is started
in production, a loop that only copies, and the same join in quixstreams (https://github.com/quixio/quix-streams,
Apache-2.0), each in a process of its own. All read the same backlog of contents and verdicts, all write in
transactions.

What is compared is CPU time of the process, all of its threads, from its first output to its last; of several rounds
the best one, as neighbours on the machine only ever add to it. Then the latency that each adds at half of the rate
that it reached, or that the loop reached where that is less.
"""
