"""Sends batches that have passed once more, in another order, as the agent they came from."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

_LONGEST_PAUSE_S = 0.02


class Resender:
    """A second client under an agent's account: a network that delivers late, twice and out of order."""

    def __init__(
        self,
        account: tuple[str, str],
        port: int,
        batches: Callable[[], Sequence[tuple[str, bytes]]],
        times: int,
        seed: int,
    ) -> None:
        """`batches` gives (topic, payload) of what has passed."""
        self.sent = 0
        self._account = account
        self._port = port
        self._batches = batches
        self._times = times
        self._chance = random.Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resend", daemon=True)

    def begin(self) -> None:
        """Start in a thread of its own."""
        self._thread.start()

    def end(self) -> None:
        """Stop and wait for it."""
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"resend-{self._chance.getrandbits(40)}")
        client.username_pw_set(*self._account)
        client.reconnect_delay_set(1, 1)
        client.connect_async("127.0.0.1", self._port)
        client.loop_start()
        try:
            while not self._ended.is_set():
                self._round(client)
                self._ended.wait(0.2)
        finally:
            client.disconnect()
            client.loop_stop()

    def _round(self, client: mqtt.Client) -> None:
        if not client.is_connected():
            return
        found = list(self._batches()) * self._times
        self._chance.shuffle(found)
        for topic, payload in found:
            if self._ended.is_set() or not client.is_connected():
                return
            client.publish(topic, payload, qos=1)
            self.sent += 1
            time.sleep(self._chance.uniform(0, _LONGEST_PAUSE_S))
