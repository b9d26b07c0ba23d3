"""Recorded requests through another policy: how many a second of a core.

Makes decisions as the orchestrator does, of made-up requests and answers, with the default policy: prompts with and
without uploads, and outputs with their prompt and up to two uploads. They go into files as `sluice decisions export`
writes them. Then each side replays the same decisions, in turn in every round, in this process:

    protobuf             the default policy with two thresholds lowered, from a file of messages
    protobuf, gzipped    the same from a smaller file
    with its own policy  the same as the first, and each decision once more by the policy that made it (--live)
    JSON lines           the same as the first from JSON, as other tools take it
    all rules by CEL     the same as the first with no rule planned: a policy whose conditions are not plain

The last two get a tenth of the decisions.

What counts is this process's CPU time, the best of the rounds. The last line is JSON.
"""
