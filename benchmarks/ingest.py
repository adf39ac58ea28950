"""From the broker to the store, against the same rows written straight into the store; and bytes on the wire.

Both sides write the same batches of 60 frames × 10 quantities. The pipeline is `plumbline serve`
(embedded broker, accept, log on disk before the receipt, writer) with a publisher that keeps a bounded
number of batches without receipt; its time runs from the first publish until the store's position has
reached the last batch. The limit is `SqliteTimeSeries.write` alone, decoding and log left out. The two
alternate, and medians are compared, because these machines are noisy.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks import latency
from benchmarks.cloud import cloud
from benchmarks.load import READINGS_PER_BATCH, batches
from benchmarks.publisher import write_payloads
from benchmarks.report import Figure
from store.timeseries.contract import Block
from store.timeseries.sqlite import SqliteTimeSeries
from wire.batch import Batch, encode

BATCHES: Final = 3000
ROUNDS: Final = 3
#: Batches a direct write takes at a time: as many as the writer takes in one step.
STEP: Final = 500


def measure() -> list[Figure]:
    """Throughput, bytes on the wire, and latency to the page."""
    load = list(batches(BATCHES))
    payloads = [encode(batch) for batch in load]
    readings = BATCHES * READINGS_PER_BATCH
    direct, pipeline = [], []
    for _ in range(ROUNDS):
        direct.append(readings / _direct_s(load))
        pipeline.append(readings / _pipeline_s(payloads))
    ceiling, rate = statistics.median(direct), statistics.median(pipeline)
    wire_bytes = sum(map(len, payloads)) / readings
    return [
        Figure("ingest, against the store alone", rate, "readings/s", ceiling, 0.6, "ratio"),
        Figure("ingest", rate, "readings/s", ceiling, 200_000),
        Figure("bytes on the wire", wire_bytes, "B/reading", None, 4, sense="at most"),
        *latency.measure(),
    ]


def _direct_s(load: list[Batch]) -> float:
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as folder:
        store = SqliteTimeSeries(Path(folder) / "timeseries.db")
        started = time.monotonic()
        for at in range(0, len(load), STEP):
            blocks = [
                Block("bench", frame.device, frame.time, frame.values)
                for batch in load[at : at + STEP]
                for frame in batch.frames
            ]
            store.write(blocks, at + STEP)
        took_s = time.monotonic() - started
        store.close()
        return took_s


def _pipeline_s(payloads: list[bytes]) -> float:
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        folder = Path(name)
        write_payloads(folder / "payloads", payloads)
        with cloud(folder) as (_, broker_port):
            arguments = [str(broker_port), "bench.pi-1", str(folder / "password"), str(folder / "payloads")]
            publisher = subprocess.run(
                [sys.executable, "-m", "benchmarks.publisher", *arguments],
                capture_output=True,
                text=True,
                check=False,
            )
            if publisher.returncode != 0:
                raise SystemExit(publisher.stdout + publisher.stderr)
            started_ns = int(publisher.stdout.split()[1])
            store = SqliteTimeSeries(folder / "data" / "timeseries.db")
            while store.position() < len(payloads):
                time.sleep(0.005)
            ended_ns = time.monotonic_ns()
            store.close()
        return (ended_ns - started_ns) / 1e9
