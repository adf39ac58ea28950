"""Commands: judged, carried out once, answered always; a site file that delivers nothing is undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.installation import load_installation
from edge_agent.remote import Remote, Values, with_interval
from edge_agent.trial import SiteFiles
from wire.command import Command, ConfigFile, NewSiteFile, Order, ReadNow, SetInterval
from wire.result import Result

NOW_MS = 1_764_000_000_000
SITE = """\
# The flat in Fenglin Road.
site: fenglin-18
agent: pi-1
timezone: Asia/Shanghai
broker: {host: 127.0.0.1}
spool: {path: spool.db}
badge_pepper_file: pepper
remote: {files: {mosquitto: conf/site.conf}}
lines:
  - port: /dev/ttyUSB0
    protocol: modbus_rtu
    devices:
      - {id: bath, profile: xy-md02, address: 1, interval_s: 5}  # behind the mirror
      - id: bed
        profile: xy-md02
        address: 2
        interval_s: 10
"""


class Pi:
    """An agent's remote end, with what it does written down."""

    def __init__(self, folder: Path, site: str = SITE) -> None:
        self.files = SiteFiles(folder / "site.yaml")
        self.files.path.write_text(site, encoding="utf-8")
        self.restarts = 0
        self.reads: list[str | None] = []
        self.again()

    def again(self) -> None:
        """As after a restart of the agent."""
        site = load_installation(self.files.path).site
        self.remote = Remote(site, self.files, self._read, self._restart, lambda: NOW_MS)

    async def ask(self, order: Order, id_: str = "a1", expires: int = NOW_MS + 1000) -> Result | None:
        return await self.remote.obey(Command(id=id_, expires=expires, do=order).model_dump_json().encode())

    async def refused(self, order: Order) -> str:
        result = await self.ask(order)
        assert result is not None
        assert result.outcome == "refused"
        return result.detail

    async def _read(self, device: str | None) -> Values:
        self.reads.append(device)
        if device == "none":
            raise LookupError("none: no device of this site that is asked (bath, bed)")
        return {"bath": {"temperature": 21.5}}

    def _restart(self) -> None:
        self.restarts += 1


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path)


async def test_read_now_gives_the_values(pi: Pi) -> None:
    result = await pi.ask(ReadNow(kind="read_now", device="bath"))
    assert result is not None
    assert (result.outcome, result.values) == ("done", {"bath": {"temperature": 21.5}})
    assert "no device of this site" in (await pi.ask(ReadNow(kind="read_now", device="none"), "a2")).detail  # type: ignore[union-attr]


async def test_a_command_that_comes_twice_is_carried_out_once_and_answered_twice(pi: Pi) -> None:
    first = await pi.ask(ReadNow(kind="read_now"))
    assert await pi.ask(ReadNow(kind="read_now")) == first
    assert pi.reads == [None]


async def test_what_comes_late_or_broken_or_is_not_allowed_is_refused_with_its_reason(
    pi: Pi, tmp_path: Path
) -> None:
    late = await pi.ask(ReadNow(kind="read_now"), "late", expires=NOW_MS - 1)
    assert late is not None
    assert "expired" in late.detail
    broken = await pi.remote.obey(b'{"id": "b1", "do": {"kind": "shell", "text": "rm -rf /"}}')
    assert broken is not None
    assert (broken.id, broken.outcome) == ("b1", "refused")
    assert "rm -rf" not in broken.detail
    assert await pi.remote.obey(b"\xff\x00 nobody") is None
    strict = Pi(tmp_path / "..", SITE.replace("remote: {", "remote: {allow: [read_now], "))
    assert "remote.allow" in await strict.refused(
        SetInterval(kind="set_interval", device="bath", interval_s=2)
    )
    assert pi.reads == []


async def test_a_new_site_file_stays_once_readings_arrive_with_it(pi: Pi) -> None:
    text = SITE.replace("address: 2", "address: 3")
    assert await pi.ask(NewSiteFile(kind="site_file", text=text)) is None
    assert pi.restarts == 1
    assert pi.files.started() is not None
    pi.again()
    assert pi.remote.on_trial
    result = pi.remote.delivered()
    assert result is not None
    assert (result.id, result.outcome) == ("a1", "done")
    assert pi.files.path.read_text(encoding="utf-8") == text
    assert sorted(path.name for path in pi.files.path.parent.iterdir()) == ["site.yaml"]
    assert pi.remote.delivered() is None


async def test_a_site_file_that_delivers_nothing_is_undone_and_that_is_told(pi: Pi) -> None:
    await pi.ask(NewSiteFile(kind="site_file", text=SITE.replace("address: 2", "address: 3")))
    pi.files.started()
    pi.again()
    assert pi.remote.did_not_deliver()
    assert pi.restarts == 2
    assert pi.files.path.read_text(encoding="utf-8") == SITE
    pi.files.started()
    pi.again()
    assert not pi.remote.did_not_deliver()
    result = pi.remote.delivered()
    assert result is not None
    assert (result.id, result.outcome) == ("a1", "rolled_back")
    assert not pi.remote.on_trial


async def test_a_site_file_that_the_agent_does_not_survive_is_undone_at_the_next_start(pi: Pi) -> None:
    await pi.ask(NewSiteFile(kind="site_file", text=SITE.replace("address: 2", "address: 3")))
    pi.files.started()
    undone = SiteFiles(pi.files.path).started()
    assert undone is not None
    assert undone.undone
    assert pi.files.path.read_text(encoding="utf-8") == SITE


async def test_a_wrong_site_file_is_refused_with_its_mistakes_and_nothing_changes(pi: Pi) -> None:
    detail = await pi.refused(NewSiteFile(kind="site_file", text=SITE.replace("xy-md02", "xy-md2")))
    assert "site.yaml:13: lines[0].devices[0].profile: " in detail
    assert pi.files.path.read_text(encoding="utf-8") == SITE
    assert not pi.remote.on_trial
    assert pi.restarts == 0


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("pi-1", "pi-2", "agent"),
        ("spool.db", "other.db", "spool.path"),
        ("file: pepper", "file: p", "badge_pepper"),
    ],
)
async def test_who_the_agent_is_and_where_its_readings_wait_cannot_be_changed_from_afar(
    pi: Pi, old: str, new: str, key: str
) -> None:
    detail = await pi.refused(NewSiteFile(kind="site_file", text=SITE.replace(old, new)))
    assert detail.startswith(f"site.yaml: {key}")


async def test_one_trial_at_a_time(pi: Pi) -> None:
    text = SITE.replace("address: 2", "address: 3")
    await pi.ask(NewSiteFile(kind="site_file", text=text))
    second = await pi.ask(NewSiteFile(kind="site_file", text=text), "a2")
    assert second is not None
    assert "another site file is on trial" in second.detail


@pytest.mark.parametrize(
    ("device", "before", "after"), [("bath", "s: 5}", "s: 2.5}"), ("bed", "s: 10\n", "s: 2.5\n")]
)
async def test_an_interval_is_changed_in_the_site_file_and_nothing_else(
    pi: Pi, device: str, before: str, after: str
) -> None:
    assert await pi.ask(SetInterval(kind="set_interval", device=device, interval_s=2.5)) is None
    assert pi.files.path.read_text(encoding="utf-8") == SITE.replace(before, after)


def test_an_interval_that_shares_its_line_with_another_is_not_guessed_at() -> None:
    one = "lines: [{devices: [{id: a, interval_s: 1}, {id: b, interval_s: 2}]}]\n"
    with pytest.raises(LookupError, match="send a site file"):
        with_interval(one, "b", 5)
    with pytest.raises(LookupError, match="no device of this site"):
        with_interval(one, "c", 5)


async def test_only_files_that_are_listed_are_replaced_and_the_old_one_stays_beside(
    pi: Pi, tmp_path: Path
) -> None:
    (tmp_path / "conf").mkdir()
    target = tmp_path / "conf" / "site.conf"
    target.write_text("old", encoding="utf-8")
    result = await pi.ask(ConfigFile(kind="config_file", name="mosquitto", text="new"))
    assert result is not None
    assert result.outcome == "done"
    assert target.read_text(encoding="utf-8") == "new"
    assert target.with_name("site.conf.before").read_text(encoding="utf-8") == "old"
    other = await pi.ask(ConfigFile(kind="config_file", name="passwd", text="x"), "a2")
    assert other is not None
    assert "not listed under remote.files (mosquitto)" in other.detail


async def test_a_disk_that_takes_nothing_is_told(pi: Pi) -> None:
    result = await pi.ask(ConfigFile(kind="config_file", name="mosquitto", text="new"))
    assert result is not None
    assert result.outcome == "failed"
    assert "No such file or directory" in result.detail
