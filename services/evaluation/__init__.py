"""`sluice eval`: how well a stack, a model and a policy judge what somebody has labelled (docs/evaluation.md).

A package beside the services. It imports the kit, and no service: what it needs of theirs it finds by entry point.
"""
