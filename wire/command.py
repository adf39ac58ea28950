"""A command to an agent, and its answer. What may be asked is listed here; there is no shell behind it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from wire.bounds import Bounds
from wire.codec import Codec
from wire.identifiers import DeviceId
from wire.model import Message, Milliseconds

#: Chosen by whoever asks; a command that comes twice is carried out once.
CommandId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
#: A file's text: a site file of a hundred devices has about 10 kB.
Text = Annotated[str, Field(max_length=200_000)]


class ReadNow(Message):
    """Ask a device, or all that are asked, now and not at the next beat."""

    kind: Literal["read_now"]
    device: DeviceId | None = None


class SetInterval(Message):
    """From now on ask a device every `interval_s`: the site file is changed."""

    kind: Literal["set_interval"]
    device: DeviceId
    interval_s: Annotated[float, Field(ge=0.05, le=86_400)]


class NewSiteFile(Message):
    """Work by another site file. If nothing is delivered with it, the old one comes back by itself."""

    kind: Literal["site_file"]
    text: Text


class ConfigFile(Message):
    """Replace a file that the site file lists under `remote.files`."""

    kind: Literal["config_file"]
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    text: Text


OrderKind = Literal["read_now", "set_interval", "site_file", "config_file"]
Order = Annotated[ReadNow | SetInterval | NewSiteFile | ConfigFile, Field(discriminator="kind")]


class Command(Message):
    """Obeyed until `expires`, by the agent's clock."""

    v: Literal[1] = 1
    id: CommandId
    expires: Milliseconds
    do: Order


#: A site file's text, each character of it escaped at worst, and little beside.
CODEC: Final = Codec(Command, Bounds(bytes=2 << 20, depth=4, elements=32))
encode, decode, recall = CODEC.encode, CODEC.decode, CODEC.recall
