"""A generator that is not ours: plain confluent-kafka, the generated messages, the default partitioner.

python docs/examples/plain_producer.py BOOTSTRAP_SERVERS "a watercolor of a lighthouse at dawn"
"""

import sys
import uuid

from confluent_kafka import Consumer, Producer

from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.request_pb2 import ROLE_PROMPT, STAGE_PROMPT, Content, Request

if len(sys.argv) != 3:
    sys.exit(__doc__)
kafka, words = {"bootstrap.servers": sys.argv[1]}, sys.argv[2]
request = Request(id=str(uuid.uuid4()), stage=STAGE_PROMPT, contents=[Content(role=ROLE_PROMPT, text=words)])

# A group of its own and "earliest": the decision cannot be missed, whichever comes first.
consumer = Consumer(
    kafka | {"group.id": request.id, "auto.offset.reset": "earliest", "isolation.level": "read_committed"}
)
consumer.subscribe(["moderation.decisions"])
producer = Producer(kafka)
producer.produce("moderation.requests", request.SerializeToString(), key=request.id)
producer.flush()
while True:
    message = consumer.poll(30)
    if message is None or message.error():
        sys.exit("no decision in time: not allowed")
    if message.key() == request.id.encode():
        decision = Decision.FromString(message.value())
        print(request.id, Action.Name(decision.action), [reason.rule for reason in decision.reasons])
        break
consumer.close()
