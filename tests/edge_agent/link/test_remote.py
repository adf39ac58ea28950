"""Commands: judged, carried out once, answered always; a site file that delivers nothing is undone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_agent.link.remote import Remote, Values, with_interval
from edge_agent.site.change import Seen, SiteFiles, Trial, lacking
from edge_agent.site.installation import load_installation
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
        self.seen = Seen(receipt=True, asked=("bath", "bed"), answered=("bath",))
        self.again()

    def again(self) -> None:
        """As after a restart of the agent."""
        site = load_installation(self.files.path).site
        self.remote = Remote(site, self.files, self._read, self._restart, lambda: NOW_MS, lambda: self.seen)

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
    assert result.detail == "readings arrive: 1 of 2 devices answer"
    assert pi.files.path.read_text(encoding="utf-8") == text
    assert sorted(path.name for path in pi.files.path.parent.iterdir()) == ["site.yaml"]
    assert pi.remote.delivered() is None


async def test_a_site_file_that_delivers_nothing_is_undone_and_that_is_told(pi: Pi) -> None:
    await pi.ask(NewSiteFile(kind="site_file", text=SITE.replace("address: 2", "address: 3")))
    pi.files.started()
    pi.again()
    assert pi.remote.did_not_deliver("bath answered before and not with it")
    assert pi.restarts == 2
    assert pi.files.path.read_text(encoding="utf-8") == SITE
    pi.files.started()
    pi.again()
    assert not pi.remote.did_not_deliver("")
    result = pi.remote.delivered()
    assert result is not None
    assert (result.id, result.outcome) == ("a1", "rolled_back")
    assert result.detail == "bath answered before and not with it: the old file is back"
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


BY_MQTT = "devices: [{id: z, profile: aqara-wsdcgq11lm, address: x}]"
GRANTS_ITSELF = {
    "another agent": ("agent: pi-1", "agent: pi-2", "agent"),
    "another site": ("site: fenglin-18", "site: maple-3", "site"),
    "another spool": ("spool.db", "other.db", "spool.path"),
    "another pepper": ("file: pepper", "file: p", "badge_pepper_file"),
    "another broker": ("host: 127.0.0.1", "host: thief.example", "broker.host"),
    "another port of it": ("{host: 127.0.0.1}", "{host: 127.0.0.1, port: 1}", "broker.port"),
    "a file sent as password": (
        "{host: 127.0.0.1}", "{host: 127.0.0.1, password_file: key}", "broker.password_file"),
    "another name": ("{host: 127.0.0.1}", "{host: 127.0.0.1, username: cloud}", "broker.username"),
    "no certificates": ("{host: 127.0.0.1}", "{host: 127.0.0.1, tls: {}}", "broker.tls"),
    "more commands": ("{allow: [site_file], ", "{allow: [site_file, config_file], ", "remote.allow"),
    "no limit to commands": (
        "remote: {allow: [site_file], files: {mosquitto: conf/site.conf}}\n", "", "remote.allow"),
    "another file": ("mosquitto: conf/site.conf", "mosquitto: /etc/crontab", "remote.files.mosquitto"),
    "one file more": ("site.conf}", "site.conf, cron: /etc/crontab}", "remote.files.cron"),
    "a broker for devices": (
        "lines:\n", f"mqtt: {{broker: {{host: thief.example}}, {BY_MQTT}}}\nlines:\n", "mqtt.broker.host"),
    "a machine of the network": ("port: /dev/ttyUSB0", "port: tcp://192.168.1.1:23", "lines[0].port"),
    "a file as a port": ("port: /dev/ttyUSB0", "port: pepper", "lines[0].port"),
    "a file behind /dev": ("port: /dev/ttyUSB0", "port: /dev/../etc/shadow", "lines[0].port"),
    "a file as a profile": ("profile: xy-md02\n", "profile: ../secret.yaml\n", "lines[0].devices[1].profile"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key"), GRANTS_ITSELF.values(), ids=GRANTS_ITSELF)
async def test_a_pushed_site_file_grants_itself_nothing(tmp_path: Path, old: str, new: str, key: str) -> None:
    narrow = SITE.replace("remote: {files", "remote: {allow: [site_file], files")
    pi = Pi(tmp_path, narrow)
    (tmp_path / "key").write_text("0123456789abcdef0123456789abcdef")
    (tmp_path.parent / "secret.yaml").write_text("the secret of the Pi")
    assert old in narrow
    detail = await pi.refused(NewSiteFile(kind="site_file", text=narrow.replace(old, new)))
    assert f"site.yaml: {key}" in detail
    assert "cannot be changed from afar" in detail
    assert "the secret of the Pi" not in detail
    assert pi.files.path.read_text(encoding="utf-8") == narrow
    assert sorted(path.name for path in pi.files.path.parent.iterdir()) == ["key", "site.yaml"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("address: 2", "address: 3"),
        ("interval_s: 10", "interval_s: 20"),
        ("port: /dev/ttyUSB0", "port: /dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"),
        ("Asia/Shanghai", "Europe/Berlin"),
        ("{path: spool.db}", "{path: spool.db, bound_mb: 64, power_cut_s: 10}"),
        ("lines:\n", "status_interval_s: 30\nlines:\n"),
    ],
)
async def test_what_is_read_and_how_often_may_be_changed(pi: Pi, old: str, new: str) -> None:
    assert await pi.ask(NewSiteFile(kind="site_file", text=SITE.replace(old, new))) is None
    assert pi.restarts == 1


ONE, TWO = "bath", "bed"
#: 2 ** 30 items, were they written out.
LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 31))


@pytest.mark.parametrize(
    ("readable", "seen", "why"),
    [
        ((ONE, TWO), Seen(True, (ONE, TWO), (ONE, TWO)), None),
        ((ONE,), Seen(True, (ONE, TWO), (ONE,)), None),
        ((ONE, TWO), Seen(True, (ONE,), (ONE,)), None),
        ((ONE, TWO), Seen(True, (ONE, TWO), ()), "bath, bed answered before and not with it"),
        ((ONE, TWO), Seen(True, (ONE, TWO), (TWO,)), "bath answered before and not with it"),
        ((ONE,), Seen(True, (TWO,), ()), "no device answered"),
        ((), Seen(True, (ONE,), ()), "no device answered"),
        ((), Seen(True, (ONE,), (ONE,)), None),
        ((ONE,), Seen(True, (), ()), None),
        ((ONE,), Seen(False, (ONE,), (ONE,)), "no batch had its receipt"),
    ],
)
def test_a_file_on_trial_is_judged_by_what_it_names_and_answered_before(
    readable: tuple[str, ...], seen: Seen, why: str | None
) -> None:
    assert lacking(Trial("a1", readable=readable), seen) == why


async def test_an_old_file_that_is_back_waits_for_a_receipt_alone(pi: Pi) -> None:
    await pi.ask(NewSiteFile(kind="site_file", text=SITE.replace("address: 2", "address: 3")))
    pi.files.started()
    pi.files.undo("no device answered")
    pi.seen = Seen(False, (ONE,), ())
    assert pi.remote.lacking() == "no batch had its receipt"
    pi.seen = Seen(True, (ONE,), ())
    assert pi.remote.lacking() is None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(9)),
        "{" * 5_000,
        "\x00",
        "- " * 90_000,
    ],
    ids=["lists", "aliases", "objects", "NUL", "items"],
)
async def test_a_text_made_to_hurt_is_refused(pi: Pi, text: str) -> None:
    assert await pi.refused(NewSiteFile(kind="site_file", text=text))
    assert pi.restarts == 0


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


async def test_a_file_that_is_no_text_is_replaced_and_kept_with_its_mode(pi: Pi, tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    target = tmp_path / "conf" / "site.conf"
    target.write_bytes(b"\xff\xfe\x00 no text")
    target.chmod(0o600)
    result = await pi.ask(ConfigFile(kind="config_file", name="mosquitto", text="new"))
    assert result is not None
    assert result.outcome == "done"
    before = target.with_name("site.conf.before")
    assert before.read_bytes() == b"\xff\xfe\x00 no text"
    assert {path.stat().st_mode & 0o777 for path in (before, target)} == {0o600}


async def test_a_site_file_that_is_no_text_any_more_is_told(pi: Pi) -> None:
    pi.files.path.write_bytes(b"\xff")
    result = await pi.ask(SetInterval(kind="set_interval", device="bath", interval_s=2))
    assert result is not None
    assert (result.outcome, "is not UTF-8" in result.detail) == ("failed", True)


@pytest.mark.parametrize("own", ["site.yaml", "pepper", "spool.db", "link"])
async def test_a_file_of_the_agent_itself_is_never_replaced(tmp_path: Path, own: str) -> None:
    (tmp_path / "link").symlink_to("pepper")
    pi = Pi(tmp_path, SITE.replace("conf/site.conf", own))
    detail = await pi.refused(ConfigFile(kind="config_file", name="mosquitto", text="x"))
    assert "a file of the agent itself" in detail
    assert pi.files.path.read_text(encoding="utf-8").startswith("# The flat")


async def test_what_is_no_file_is_not_replaced(pi: Pi, tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    os.mkfifo(tmp_path / "conf" / "site.conf")
    assert "is no file" in await pi.refused(ConfigFile(kind="config_file", name="mosquitto", text="x"))
