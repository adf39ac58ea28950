"""An agent reduced to its uplink: publish ready payloads, a bounded number of them without receipt.

`python -m benchmarks.publisher PORT USERNAME PASSWORD_FILE PAYLOADS` prints `start NS` and `end NS`
(monotonic, the end being the last receipt).
PAYLOADS: for each batch a line with its length in bytes, then the bytes.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.load import AGENT, SITE
from wire import receipt as wire_receipt
from wire.topics import topic

WINDOW = 256


def read_payloads(path: Path) -> list[bytes]:
    """What `write_payloads` wrote."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        end = data.index(b"\n", at)
        size = int(data[at:end])
        found.append(data[end + 1 : end + 1 + size])
        at = end + 1 + size
    return found


def write_payloads(path: Path, payloads: list[bytes]) -> None:
    """One file of length-prefixed payloads."""
    path.write_bytes(b"".join(b"%d\n%b" % (len(payload), payload) for payload in payloads))


def publish(port: int, username: str, password: str, payloads: list[bytes]) -> None:
    """Publish all and wait for the last receipt."""
    window = threading.BoundedSemaphore(WINDOW)
    done = threading.Event()
    receipted = 0

    def on_message(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        nonlocal receipted
        for first, last in wire_receipt.recall(bytes(message.payload)).accepted:
            receipted += last - first + 1
            for _number in range(first, last + 1):
                window.release()
        if receipted >= len(payloads):
            done.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench")
    client.username_pw_set(username, password)
    client.max_inflight_messages_set(2 * WINDOW)
    ready = threading.Event()
    client.on_message = on_message
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.subscribe(topic(SITE, AGENT, "receipt"), qos=1)
    client.loop_start()
    if not ready.wait(10):
        raise SystemExit("no subscription within 10 s")
    name = topic(SITE, AGENT, "batch")
    print("start", time.monotonic_ns(), flush=True)
    for payload in payloads:
        window.acquire()
        client.publish(name, payload, qos=1)
    if not done.wait(120):
        raise SystemExit(f"only {receipted} of {len(payloads)} receipts within 120 s")
    print("end", time.monotonic_ns(), flush=True)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    publish(
        int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_text().strip(), read_payloads(Path(sys.argv[4]))
    )
