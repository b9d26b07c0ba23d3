"""The same for a picture: publishes it at the OUTPUT stage and waits for the signed asset.

python docs/examples/plain_output.py BOOTSTRAP_SERVERS picture.png
"""

import sys
import uuid
from pathlib import Path

from confluent_kafka import Consumer, Producer

from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.request_pb2 import ROLE_GENERATED, STAGE_OUTPUT, Content, Request

if len(sys.argv) != 3:
    sys.exit(__doc__)
kafka, picture = {"bootstrap.servers": sys.argv[1]}, Path(sys.argv[2]).read_bytes()
request = Request(id=str(uuid.uuid4()), stage=STAGE_OUTPUT, contents=[Content(role=ROLE_GENERATED, image=picture)])

consumer = Consumer(
    kafka | {"group.id": request.id, "auto.offset.reset": "earliest", "isolation.level": "read_committed"}
)
consumer.subscribe(["moderation.decisions", "assets.signed"])
# A picture travels inline up to 1 MiB; the client's own default limit is a little lower. Larger ones go by reference.
producer = Producer(kafka | {"message.max.bytes": 9 << 20})
producer.produce("moderation.requests", request.SerializeToString(), key=request.id)
producer.flush()
while True:
    message = consumer.poll(30)
    if message is None or message.error():
        sys.exit("nothing in time: not allowed")
    if message.key() != request.id.encode():
        continue
    if message.topic() == "assets.signed":
        print(request.id, "signed:", SignedAsset.FromString(message.value()).signed.uri)
        break
    decision = Decision.FromString(message.value())
    print(request.id, Action.Name(decision.action), [reason.rule for reason in decision.reasons])
    if Action.Name(decision.action) != "ACTION_ALLOW":
        break
consumer.close()
