"""Where an InfluxDB is and how it is entered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

Generation = Literal[1, 2, 3]


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxSettings:
    """One server and one place in it: `database` is the database (1.x, 3) or the bucket (2.x).

    1.x is entered with `username` and `password` (or neither), 2.x with `token` and `org`, 3 with `token`.
    """

    generation: Generation
    url: str
    database: str
    org: str = ""
    token: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    #: How long the server itself keeps anything, rollups too; None: until `forget`.
    retention_days: int | None = None
    #: How long one request may take. A server that is up answers in far less.
    timeout_s: float = 10.0
    verify: bool = True
    ca_file: str | None = None
    #: For a slow network: a third of the bytes for about a tenth of the speed of building the lines.
    gzip: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError naming the setting that cannot be."""
        address = urlsplit(self.url)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise ValueError(f"InfluxDB url {self.place}: must be http://host:port or https://host:port")
        if address.username or address.password:
            raise ValueError("InfluxDB url must not hold a password: use username and password, or token")
        if self.generation not in (1, 2, 3):
            raise ValueError(f"InfluxDB generation is {self.generation}: must be 1, 2 or 3")
        if not self.database:
            raise ValueError("InfluxDB database (1.x, 3) or bucket (2.x) is not named")
        if self.generation == 2 and not (self.token and self.org):
            raise ValueError("InfluxDB 2 needs an org and a token")
        if self.retention_days is not None and self.retention_days < 1:
            raise ValueError(f"InfluxDB retention_days is {self.retention_days}: at least 1, or none")

    @property
    def place(self) -> str:
        """The server, for messages: without what may be secret."""
        address = urlsplit(self.url)
        port = f":{address.port}" if address.port else ""
        return f"{address.scheme}://{address.hostname}{port}"
