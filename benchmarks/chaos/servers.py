"""Processes apart on mosquitto, PostgreSQL and InfluxDB: two ingest workers that share, analytics, web."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.chaos.process import Process
from benchmarks.chaos.stack import Stack
from benchmarks.chaos.victims import ServerVictim
from benchmarks.servers import Influx, Mosquitto, Postgres, Server
from plumbline.ports import listens

_DATABASE: Final = "plumbline"
_SERVICES: Final = {"ingest-1": "ingest", "ingest-2": "ingest", "analytics": "analytics", "web": "web"}


class ServersStack(Stack):
    """Every service reaches broker and stores by links of its kind; the audit reads past them."""

    def _build(self, seed: int) -> None:
        # It keeps nothing: what is lost with it is sent again.
        rules = "allow_anonymous true\nmax_queued_messages 10000"
        self._broker = Mosquitto(self.folder / "mosquitto", rules, self.broker_port)
        self._postgres = Postgres(self.folder / "postgresql")
        self._influx = Influx(self.folder / "influxdb")
        for name, server in self._servers().items():
            self.others[name] = ServerVictim(server)
        broker = self._add_link("broker", self.broker_port, seed + 101)
        postgres = self._add_link("postgresql", self._postgres.port, seed + 102)
        influx = self._add_link("influxdb", self._influx.port, seed + 103)
        common = {"broker": {"host": "127.0.0.1", "port": broker.port, "share": "ingest"}}
        config = self._write_settings(
            common, self._stores("dsn", influx.port), self._stores("audit-dsn", self._influx.port)
        )
        self._linked_port = postgres.port
        for name, command in _SERVICES.items():
            self.services[name] = self._service(name, command, config)

    def _service(self, name: str, command: str, config: Path) -> Process:
        environment = self._add_clock(name).environment()
        words = ["plumbline", command, "--config", str(config)]
        ready = (lambda pid: listens(pid, self.web_port)) if name == "web" else None
        return Process(name, words, self.folder / f"{name}.log", environment, ready)

    def _servers(self) -> dict[str, Server]:
        return {"broker": self._broker, "postgresql": self._postgres, "influxdb": self._influx}

    def _start_others(self) -> None:
        for server in self._servers().values():
            server.start()
        dsn = self._postgres.create_database(_DATABASE)
        (self.folder / "audit-dsn").write_text(dsn)
        (self.folder / "dsn").write_text(dsn.replace(f":{self._postgres.port}/", f":{self._linked_port}/"))
        words = ["plumbline", "doctor", "--fix", "--config", str(self.folder / "audit.yaml")]
        Process("doctor", words, self.folder / "doctor.log").run()

    def to_restart(self) -> list[str]:
        return list(self.others)

    def _stores(self, dsn_file: str, influx_port: int) -> dict[str, object]:
        rows = {"kind": "postgresql", "dsn_file": dsn_file}
        series = {
            "kind": "influxdb",
            "generation": 1,
            "url": f"http://127.0.0.1:{influx_port}",
            "database": _DATABASE,
        }
        return {"stores": {"log": rows, "records": dict(rows), "time_series": series}}
