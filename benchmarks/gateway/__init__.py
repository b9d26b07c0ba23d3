"""python -m benchmarks.gateway: what does the HTTP door add, and what does a moderated text cost beside other guards?

Parts, of which --parts chooses:

doors   The same texts through the HTTP door (POST /v1/moderations) and through the gRPC door behind it
        (Orchestrator.Moderate) of one running stack, in turn in every round, at several numbers of calls at a time.
        Both must come to the same decisions, or there are no figures.
peers   The same texts through the HTTP door, and by LLM Guard (MIT) and NeMo Guardrails (Apache-2.0) over our own
        text model, exported to ONNX: the encoder with its 8-bit weights and the heads' network. Also by our check
        alone. Ours is a whole stack: two doors, Kafka, n-grams and disguises, policy, a decision for good, exactly
        once. Theirs are libraries: a process per core that is told a text by its standard input and answers.

The stack is what a text needs: Kafka, gateway, ingest, orchestrator, text classifier. Everything runs on the same
cores, with one thread of inference a process. CPU time is of all processes that answer, children included, and of the
stack until a second after the last answer; whoever asks is this process, and not counted.

The peers are no dependency of ours. Each is installed in an environment of its own from a lock file beside this
program, once, below --cache, as these lines do it; PEER is llm-guard or nemo-guardrails:

    python -m venv out/benchmarks/PEER
    out/benchmarks/PEER/bin/python -m pip install --require-hashes \\
        --requirement benchmarks/gateway/PEER-requirements.lock

LLM Guard needs Python 3.10 to 3.12, and brings PyTorch with CUDA: 6 GB. `--peers nemo-guardrails` leaves it out,
`--parts doors` both. The last line of the output is one JSON object.
"""
