"""confluent-kafka (librdkafka). Usage: client.py BOOTSTRAP CAPABILITY=TOPIC...; see ../capabilities.ts."""

import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap = sys.argv[1]
DEADLINE_S = 20
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def dotted(settings):
    return {name.replace("_", "."): value for name, value in settings.items()}


def producer(**settings):
    return Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, **dotted(settings)})


def member(group, **settings):
    return Consumer({
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "heartbeat.interval.ms": 200,
        "session.timeout.ms": 6000,
        "partition.assignment.strategy": "cooperative-sticky",
        **dotted(settings),
    })


def until(look):
    """What look() answers, once that is true."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if seen := look():
            return seen
    raise TimeoutError


def read(consumer, count):
    """The next records."""
    records = []

    def poll():
        record = consumer.poll(0.2)
        if record is not None:
            if record.error():
                raise RuntimeError(record.error())
            records.append(record)
        return len(records) >= count

    until(poll)
    return records


def read_from_start(topic, count, **settings):
    consumer = member(topic, **settings)
    consumer.assign([TopicPartition(topic, 0, 0)])
    records = read(consumer, count)
    consumer.close()
    return records


def texts(records):
    return [record.value().decode() for record in records]


def topics(topic):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for made in admin.create_topics([NewTopic(topic, 3), NewTopic(f"{topic}.gone", 1)]).values():
        made.result()
    for deleted in admin.delete_topics([f"{topic}.gone"]).values():
        deleted.result()
    described = until(lambda: admin.list_topics(topic).topics[topic].partitions)
    return {"partitions": len(described)}


def compression(codec):
    def written_and_read(topic):
        out = producer(compression_type=codec)
        for i in range(20):
            out.produce(topic, f"{i}{' smoke' * 20}")
        out.flush()
        return {"values": texts(read_from_start(topic, 20))}

    return written_and_read


def headers(topic):
    out = producer(enable_idempotence=True)
    out.produce(topic, "value", "key", headers={"floor": "3", "unit": "°C"})
    out.flush()
    [record] = read_from_start(topic, 1)
    return {
        "key": record.key().decode(),
        "value": record.value().decode(),
        "headers": {name: value.decode() for name, value in record.headers()},
    }


def rebalance(topic):
    first, second = member(topic), member(topic)

    def partitions(*members):
        for one in members:
            one.poll(0.1)
        return [sorted(partition.partition for partition in one.assignment()) for one in members]

    first.subscribe([topic])
    [alone] = until(lambda: (seen := partitions(first)) == [[0, 1]] and seen)
    second.subscribe([topic])
    together = until(lambda: sorted(seen := partitions(first, second)) == [[0], [1]] and seen)
    second.close()
    [after] = until(lambda: (seen := partitions(first)) == [[0, 1]] and seen)
    first.close()
    return {"alone": alone, "together": sorted(together), "after": after}


def commits(topic):
    first = member(topic)
    first.subscribe([topic])
    first.commit(read(first, 4)[-1], asynchronous=False)
    first.close()
    second = member(topic)
    second.subscribe([topic])
    [record] = read(second, 1)
    second.close()
    return {"next": record.value().decode()}


def transactions(topic):
    out = producer(transactional_id=topic)
    out.init_transactions()
    for value in "abc":
        out.begin_transaction()
        out.produce(topic, value)
        if value == "b":
            out.flush()
            out.abort_transaction()
        else:
            out.commit_transaction()
    return {
        "committed": texts(read_from_start(topic, 2, isolation_level="read_committed")),
        "uncommitted": texts(read_from_start(topic, 3, isolation_level="read_uncommitted")),
    }


def transactional_offsets(topic):
    consumer, out = member(topic), producer(transactional_id=topic)
    consumer.subscribe([topic])
    records = read(consumer, 10)
    out.init_transactions()
    out.begin_transaction()
    out.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata())
    out.commit_transaction()
    consumer.close()
    return {"read": len(records)}


CAPABILITIES = {
    "topics": topics,
    **{codec: compression(codec) for codec in CODECS},
    "headers": headers,
    "rebalance": rebalance,
    "commits": commits,
    "transactions": transactions,
    "transactional-offsets": transactional_offsets,
}

for argument in sys.argv[2:]:
    name, topic = argument.split("=")
    try:
        fact = CAPABILITIES[name](topic)
    except Exception as error:
        fact = {"error": repr(error)}
    print(json.dumps({"capability": name, **fact}), flush=True)
