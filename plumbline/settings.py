"""What `plumbline serve` is told: one YAML file, every key with a default that works on one machine."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from wire.identifiers import AgentId, SiteId


class SettingsError(ValueError):
    """A settings file that cannot be used; one line a mistake."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WebSettings(_Section):
    """Where pages are served. Behind a proxy that speaks TLS; never straight on a public address."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, lt=65536)


class BrokerSettings(_Section):
    """Any MQTT broker. `password_file` holds the password alone; `ca_file` switches TLS on."""

    host: str
    port: int = Field(default=1883, gt=0, lt=65536)
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None


class AgentAccount(_Section):
    """An agent that may speak to the embedded broker, by this password and only of its own site."""

    site: SiteId
    agent: AgentId
    password_file: Path


class Settings(_Section):
    """`broker` left out: one is started as a child process, listening on `embedded_broker_port`."""

    data: Path = Path("data")
    projects: Path = Path("projects.yaml")
    web: WebSettings = WebSettings()
    broker: BrokerSettings | None = None
    embedded_broker_port: int = Field(default=1883, ge=0, lt=65536)
    agents: tuple[AgentAccount, ...] = ()
    #: How long the log keeps what every reader has consumed.
    log_retention_days: float = Field(default=7, gt=0)


def load_settings(path: Path) -> Settings:
    """Read and check a settings file; paths in it are relative to it. Raises SettingsError."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        settings = Settings.model_validate(data)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; name another with --config") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise SettingsError("\n".join(_line(path, mistake) for mistake in error.errors())) from error
    return _anchored(settings, path.parent)


def _line(path: Path, mistake: ErrorDetails) -> str:
    place = ".".join(str(part) for part in mistake["loc"]) or "the file"
    return f"{path}: {place}: {mistake['msg']} (given: {mistake['input']!r})"


def _anchored(settings: Settings, folder: Path) -> Settings:
    broker = settings.broker
    if broker is not None:
        files = {
            name: folder / value
            for name in ("password_file", "ca_file")
            if (value := getattr(broker, name)) is not None
        }
        broker = broker.model_copy(update=files)
    agents = tuple(
        account.model_copy(update={"password_file": folder / account.password_file})
        for account in settings.agents
    )
    return settings.model_copy(
        update={
            "data": folder / settings.data,
            "projects": folder / settings.projects,
            "broker": broker,
            "agents": agents,
        }
    )
