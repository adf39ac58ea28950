"""What the cloud's processes are told: one YAML file, every key with a default that works on one machine."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from checked_yaml.lines import ConfigError, KeyPath, load_with_lines
from checked_yaml.model import Config, explain_all, shown, wrong
from checked_yaml.name import Name
from ingest import retention
from store.records import quota
from store.records.access import Role
from wire.identifiers import ID_PATTERN, AgentId, SiteId

#: A hundred years at most: what is longer is a slip of the pen, and no time any store can name.
Days = Annotated[float, Field(gt=0, le=36_500)]
Host = Annotated[str, Field(pattern=r"^\S+$")]


#: E.g. 京ICP备12345678号-1, 沪ICP证030173号 (beian.miit.gov.cn).
_ICP = r"^[\u4e00-\u9fff]ICP[备证][A-Z]?\d{6,10}号(-\d{1,4})?$"
_RootFile = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}\.(txt|html|xml)$")]
_RootText = Annotated[str, Field(min_length=1, max_length=4_096)]


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"{error}: write 10.0.0.5 or 10.0.0.0/24") from error
    if network.prefixlen == 0:
        raise ValueError("that is everybody, and whoever asks could say who they are: name the proxy's own")
    return str(network)


Network = Annotated[str, AfterValidator(_network)]


class SettingsError(ValueError):
    """A settings file that cannot be used; one line a mistake."""


class MailSettings(Config):
    """A server that takes mail (SMTP), for codes to whoever forgot a password. `tls`: STARTTLS is
    demanded."""

    host: Host
    port: int = Field(default=587, gt=0, lt=65536)
    sender: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    tls: bool = True
    username: str | None = None
    password_file: Path | None = None


class ProviderSettings(Config):
    """Another provider of sign-in (OpenID Connect). Whoever has one of `roles` in `claim` is a member in our
    role of that name; without `claim` it takes an invitation. The redirect address is BASE/door/callback."""

    id: Annotated[str, Field(pattern=ID_PATTERN)]
    label: Annotated[str, Field(min_length=1, max_length=40)]
    issuer: Annotated[str, Field(pattern=r"^https?://\S+$")]
    client_id: Annotated[str, Field(min_length=1)]
    client_secret_file: Path
    claim: str | None = None
    roles: dict[str, Role] = Field(default_factory=dict)


class WebSettings(Config):
    """Where pages are served. Behind a proxy that speaks TLS; never straight on a public address. `base_url`
    stands before their paths outside: https://plumbline.example; with https cookies go over TLS alone.
    `trusted_proxies`: addresses and networks (CIDR) whose X-Forwarded-For says who asks."""

    host: Host = "127.0.0.1"
    port: int = Field(default=8080, ge=0, lt=65536)
    trusted_proxies: tuple[Network, ...] = ("127.0.0.0/8", "::1/128")
    base_url: Annotated[str, Field(pattern=r"^https?://[^/\s]+$")] | None = None
    #: As the ministry gave it; it stands at the foot of customers' pages and of doors.
    icp_number: Annotated[str, Field(pattern=_ICP)] | None = None
    #: Name -> text of files at the root, by which WeChat or a search engine sees whose host this is.
    verification_files: Annotated[dict[_RootFile, _RootText], Field(max_length=20)] = Field(
        default_factory=dict
    )
    mail: MailSettings | None = None
    providers: tuple[ProviderSettings, ...] = ()


class BrokerSettings(Config):
    """Any MQTT broker. `password_file` holds the password alone; `ca_file` switches TLS on, `cert_file` and
    `key_file` are for a broker that wants a certificate of us. `share` names the group of ingest workers
    that divide the batches among them (MQTT 5)."""

    host: Host
    port: int = Field(default=1883, gt=0, lt=65536)
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    share: Annotated[str, Field(pattern=ID_PATTERN)] | None = None

    @model_validator(mode="after")
    def _certificates_go_together(self) -> BrokerSettings:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together")
        if self.cert_file is not None and self.ca_file is None:
            raise ValueError("a certificate is shown over TLS alone: name the broker's ca_file")
        return self


class SqliteStore(Config):
    """A file in the data folder."""

    kind: Literal["sqlite"] = "sqlite"


class PostgresqlStore(Config):
    """`dsn_file` holds the address alone: postgresql://user:password@host:port/database."""

    kind: Literal["postgresql"]
    dsn_file: Path


class InfluxStore(Config):
    """InfluxDB 1 (`database`, `username`, `password_file`), 2 (`org`, `bucket`, `token_file`) or 3
    (`database`, `token_file`)."""

    kind: Literal["influxdb"]
    generation: Literal[1, 2, 3]
    url: Annotated[str, Field(pattern=r"^https?://")]
    database: str | None = None
    bucket: str | None = None
    org: str | None = None
    username: str | None = None
    password_file: Path | None = None
    token_file: Path | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _has_what_its_generation_needs(self) -> InfluxStore:
        needed = {1: ("database",), 2: ("org", "bucket", "token_file"), 3: ("database", "token_file")}
        for name in needed[self.generation]:
            if getattr(self, name) is None:
                raise ValueError(f"InfluxDB {self.generation} needs {name}")
        return self


RowStore = Annotated[SqliteStore | PostgresqlStore, Field(discriminator="kind")]
SeriesStore = Annotated[SqliteStore | InfluxStore, Field(discriminator="kind")]


class StoreSettings(Config):
    """Where things are kept (DESIGN.md §8)."""

    log: RowStore = SqliteStore()
    records: RowStore = SqliteStore()
    time_series: SeriesStore = SqliteStore()


class RetentionSettings(Config):
    """How many days things are kept. The log: what every reader has consumed. Events concern people."""

    log_days: Days = retention.LOG_DAYS
    readings_days: Days = retention.READINGS_DAYS
    rollups_days: Days = retention.ROLLUPS_DAYS
    events_days: Days = retention.EVENTS_DAYS
    quarantine_days: Days = retention.QUARANTINE_DAYS
    #: What comes beyond it is counted, with its size and digest.
    quarantine_mib_per_site: Annotated[int, Field(ge=1, le=1 << 20)] = quota.QUARANTINE_BYTES >> 20

    @model_validator(mode="after")
    def _rollups_outlive_readings(self) -> RetentionSettings:
        if self.rollups_days < self.readings_days:
            raise wrong(
                f"must not be less than readings_days ({self.readings_days:g}): rollups outlive readings",
                "rollups_days",
            )
        return self


class FirmSettings(Config):
    """Whose projects the projects file has."""

    id: Annotated[str, Field(pattern=ID_PATTERN)] = "firm"
    name: Name = "Firm"


class AgentAccount(Config):
    """An agent that may speak to the embedded broker, by this password and only of its own site."""

    site: SiteId
    agent: AgentId
    password_file: Path


class Settings(Config):
    """`broker` left out: one is started as a child process, listening on `embedded_broker_port`.
    `unregistered`: what comes from a site or device that the projects file does not name."""

    data: Path = Path("data")
    projects: Path = Path("projects.yaml")
    web: WebSettings = WebSettings()
    broker: BrokerSettings | None = None
    embedded_broker_port: int = Field(default=1883, ge=0, lt=65536)
    agents: tuple[AgentAccount, ...] = ()
    stores: StoreSettings = StoreSettings()
    retention: RetentionSettings = RetentionSettings()
    firm: FirmSettings = FirmSettings()
    unregistered: Literal["quarantine", "accept"] = "quarantine"

    @model_validator(mode="after")
    def _names_each_agent_once(self) -> Settings:
        known = set[tuple[str, str]]()
        for number, account in enumerate(self.agents):
            if (account.site, account.agent) in known:
                rule = f"{account.agent} of {account.site} stands twice: which password holds?"
                raise wrong(rule, "agents", number)
            known.add((account.site, account.agent))
        return self


def load_settings(path: Path) -> Settings:
    """Read and check a settings file; paths in it are relative to it. Raises SettingsError."""
    try:
        data, line_of = load_with_lines(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; name another with --config") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    except ConfigError as error:
        raise SettingsError(str(error)) from error
    try:
        settings = Settings.model_validate({} if data is None else data)
    except ValidationError as error:
        raise SettingsError(str(explain_all(error, data, line_of, str(path), _shown))) from error
    return _anchored(settings, path.parent)


def _shown(path: KeyPath, value: object) -> str:
    """What stands there, where it cannot be a secret: of no section, and no address with a password in it."""
    alone = isinstance(value, str | int | float) and "@" not in str(value)
    return shown(path, value) if alone else ""


def secret(path: Path) -> str:
    """What a file of one secret holds. Raises SettingsError, never with the secret in it."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not text"
        raise SettingsError(f"{path}: {why}; it must hold the secret alone") from error


def _anchored(settings: Settings, folder: Path) -> Settings:
    """Every path of the file relative to the folder it lies in."""
    anchored: Settings = _anchor(settings, folder)
    return anchored


def _anchor(value: Any, folder: Path) -> Any:  # noqa: ANN401 - whatever a field may hold
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, tuple):
        return tuple(_anchor(one, folder) for one in value)
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return value.model_copy(update={name: _anchor(getattr(value, name), folder) for name in fields})
    return value
