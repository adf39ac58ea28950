"""What is wrong with an installation, and what to do about it: every part is asked, nothing is assumed."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ingest.receive import Receiver
from plumbline.broker import configured
from plumbline.clock import now_ms
from plumbline.heartbeat import PROCESSES, fresh_beats
from plumbline.importing import NAME_ITS_SITE, changed_file, refusal, siteless, taken_out
from plumbline.left_out import left_out
from plumbline.projects_yaml import ProjectsError, load_projects, weak_links
from plumbline.provision.authority import RENEW_BEFORE, ProvisionError, ledger
from plumbline.provision.certificates import Holder
from plumbline.settings import Settings, SettingsError
from plumbline.stores import open_log, open_records, open_timeseries
from store import key_file, private
from store.errors import StoreError
from store.gaps import StreamGaps, site_gaps
from store.records.access import operator
from store.records.records import Records
from web.access.seal import Seal
from wire.printable import printable

#: Below this a busy week may fill the disk.
_LITTLE_BYTES: Final = 2 << 30
#: More batches than this between log and store are a backlog, not the present.
_MANY_BATCHES: Final = 1_000
#: Built after this; a machine whose clock says less has not asked a time server yet.
_NOT_BEFORE_MS: Final = 1_764_000_000_000

_RENEWED_BY: Final[dict[Holder, str]] = {
    "agent": "rotate {who}",
    "broker": "server {who}",
    "cloud": "cloud",
}
_STORES: Final = ("log", "time series", "records", "counters")

Level = Literal["ok", "mended", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at. `remedy` is empty where all is well."""

    level: Level
    part: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f" — {self.remedy}" if self.remedy else ""
        return printable(f"{self.level:<6} {self.part:<12} {self.what}{remedy}")


def examine(settings: Settings, *, fix: bool) -> Iterator[Line]:
    """Look at everything; where `fix`, set up what is missing. Raises nothing for what it looks for."""
    checks: tuple[tuple[str, Callable[[Settings, bool], Iterator[Line]]], ...] = (
        ("data", _data),
        ("clock", _clock),
        ("projects", _projects),
        ("broker", _broker),
        ("certificates", _certificates),
        ("log", _log),
        ("time series", _timeseries),
        ("records", _records),
        ("counters", _counters),
        ("processes", _processes),
    )
    for part, check in checks:
        if part in _STORES and not settings.data.exists():
            continue  # opening an embedded store would make the folder
        try:
            yield from check(settings, fix)
        except (StoreError, SettingsError, ProvisionError) as error:
            yield Line("fail", part, str(error), "mend that and ask again")


def _data(settings: Settings, fix: bool) -> Iterator[Line]:
    folder = settings.data
    if not folder.exists():
        if not fix:
            yield Line("fail", "data", f"{folder} is missing", "--fix makes it")
            return
        private.folder(folder)
        yield Line("mended", "data", f"{folder} was missing; made")
    if not os.access(folder, os.W_OK):
        yield Line("fail", "data", f"{folder} cannot be written", f"chown it to {Path.home().name}")
        return
    if private.is_open(folder):
        yield Line(
            "warn", "data", f"{folder} is open to others", f"chmod 700 {folder}; the next start does it"
        )
    free = shutil.disk_usage(folder).free
    if free < _LITTLE_BYTES:
        yield Line("warn", "data", f"{folder}: {free >> 20} MB free", "make room or shorten `retention`")
    else:
        yield Line("ok", "data", f"{folder}: {free >> 30} GB free")


def _clock(_: Settings, __: bool) -> Iterator[Line]:
    if now_ms() < _NOT_BEFORE_MS:
        yield Line("fail", "clock", "this machine's clock is in the past", "timedatectl set-ntp true")
    elif Path("/run/systemd/timesync").exists() and not Path("/run/systemd/timesync/synchronized").exists():
        yield Line("warn", "clock", "not synchronised yet", "timedatectl timesync-status says why")
    else:
        yield Line("ok", "clock", "plausible")


def _projects(settings: Settings, _: bool) -> Iterator[Line]:
    """The file, which is imported; `_records` looks at what stands."""
    try:
        projects = load_projects(settings.projects)
    except ProjectsError as error:
        yield from _unusable(settings, error)
        return
    devices = sum(len(project.devices) for project in projects)
    yield Line("ok", "projects", f"{len(projects)} projects, {devices} devices")
    yield from _edited(settings)
    if weak := weak_links(projects):
        yield Line(
            "warn", "links", f"weak: {', '.join(weak)}", "`plumbline link new` makes a good one for each"
        )
    if not projects and settings.unregistered == "quarantine":
        yield Line("warn", "projects", "none: whatever agents send goes to quarantine", "name your sites")


def _unusable(settings: Settings, error: ProjectsError) -> Iterator[Line]:
    """A file that is not there is no fault once what it said is in the registry."""
    if not settings.projects.exists() and settings.data.exists():
        records = open_records(settings)
        try:
            if records.imports.of(settings.firm.id) is not None:
                yield Line("ok", "projects", f"{settings.projects} is gone; the registry stands")
                return
        finally:
            records.close()
    yield Line("fail", "projects", str(error), "docs/operating.md shows one")


def _broker(settings: Settings, _: bool) -> Iterator[Line]:
    if settings.broker is None:
        yield Line("ok", "broker", f"a child of `serve`, port {settings.embedded_broker_port}")
        return
    problem = asyncio.run(Receiver(configured(settings.broker)).probe())
    place = f"{settings.broker.host}:{settings.broker.port}"
    if problem:
        yield Line(
            "fail", "broker", f"{place}: {problem}", "is it running, and are account and ca_file right?"
        )
    else:
        yield Line("ok", "broker", f"{place} takes us")


def _certificates(settings: Settings, _: bool) -> Iterator[Line]:
    """Of each name the newest that is not revoked; nothing where we have no authority of our own."""
    now = dt.datetime.now(dt.UTC)
    newest = {one.who: one for one in ledger(settings.data / "ca") if one.revoked is None}
    ending = [one for one in newest.values() if one.until - now <= RENEW_BEFORE]
    for one in ending:
        remedy = f"plumbline provision {_RENEWED_BY[one.kind].format(who=one.who.replace('/', ' '))}"
        yield Line("warn", "certificates", f"{one.who}: ends {one.until:%Y-%m-%d}", remedy)
    if newest and not ending:
        yield Line("ok", "certificates", f"{len(newest)}, none ends within {RENEW_BEFORE.days} days")


def _log(settings: Settings, _: bool) -> Iterator[Line]:
    log = open_log(settings)
    try:
        yield Line("ok", "log", f"up to batch {log.last_offset()}")
    finally:
        log.close()


def _timeseries(settings: Settings, fix: bool) -> Iterator[Line]:
    timeseries = open_timeseries(settings)
    log = open_log(settings)
    try:
        findings = timeseries.check(fix=fix)
        for found in findings:
            level: Level = "mended" if found.mended else "fail"
            yield Line(level, "time series", found.what, "" if found.mended else found.remedy)
        if all(found.mended for found in findings):
            yield _lag(log.last_offset() - timeseries.position())
    finally:
        log.close()
        timeseries.close()


def _lag(batches: int) -> Line:
    if batches > _MANY_BATCHES:
        return Line("warn", "time series", f"{batches} batches behind the log", "is the writer running?")
    return Line("ok", "time series", f"{max(batches, 0)} batches behind the log")


def _records(settings: Settings, _: bool) -> Iterator[Line]:
    records = open_records(settings)
    log = open_log(settings)
    try:
        yield from _look_at_records(records)
        yield from _look_at_access_logs(records)
        yield from _look_at_seals(records, settings)
        for what in siteless(records, settings):
            yield Line("warn", "agent", what, NAME_ITS_SITE)
        for firm in records.firms.all():
            for site in records.sites.of(firm.id):
                yield from _look_for_gaps(site_gaps(log, records, site.id), site.id)
    finally:
        log.close()
        records.close()


def _counters(settings: Settings, _: bool) -> Iterator[Line]:
    """Steps that no figure counts: only a person knows whether a meter was exchanged."""
    timeseries = open_timeseries(settings)
    records = open_records(settings)
    try:
        for firm in records.firms.all():
            for site in records.sites.of(firm.id):
                for what in left_out(timeseries, records, site.id, now_ms()):
                    yield Line("warn", "counters", what, "exchanged? `plumbline meter exchanged`")
    finally:
        records.close()
        timeseries.close()


def _look_for_gaps(found: list[StreamGaps], site: str) -> Iterator[Line]:
    """Batches that never came. What an agent still holds, gave up or sent in vain is known: no gap."""
    for stream in found:
        if stream.missing:
            what = f"{site} / {stream.agent}: batches {_ranges(stream.missing)} of {stream.stream} never came"
            yield Line("warn", "gaps", what, "was its spool lost or its card replaced?")
        if stream.dropped:
            what = f"{site} / {stream.agent}: gave up batches {_ranges(stream.dropped)}"
            yield Line("warn", "gaps", what, "raise its spool's bound_mb or mend its link")


def _edited(settings: Settings) -> Iterator[Line]:
    """What the next start would take out of the registry, or why it takes in nothing."""
    if not settings.data.exists():
        return
    records = open_records(settings)
    try:
        plan = changed_file(records, settings)
    finally:
        records.close()
    if plan is None:
        return
    if plan.stands:
        yield Line("warn", "projects", refusal(settings.projects, plan.stands))
        return
    for name in taken_out(plan.changes):
        what = f"{name} is not named any longer: the next start takes it out"
        yield Line("warn", "projects", what, "put it back if that is a mistake; its past stays")


def _ranges(pairs: list[tuple[int, int]]) -> str:
    shown = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in pairs[:10])
    return f"{shown} and {len(pairs) - 10} ranges more" if len(pairs) > 10 else shown


def _look_at_records(records: Records) -> Iterator[Line]:
    firms = records.firms.all()
    sites = [site for firm in firms for site in records.sites.of(firm.id)]
    yield Line("ok", "records", f"{len(firms)} firms, {len(sites)} sites")
    for (site, reason), count in sorted(records.quarantine.counts().items(), key=str):
        what = f"{count} batches of {site or 'nobody'} wait: {reason}"
        yield Line("warn", "quarantine", what, "`plumbline quarantine list`, mend the cause, then `replay`")
    for one in sites:
        agents = records.agents.retired(one.firm, one.id)
        for device in records.devices.retired(one.firm, one.id):
            yield Line("ok", "records", f"{one.id} / {device} was taken out; its past stays")
        for state in records.agent_states.of(one.id):
            if not state.status.online and state.agent not in agents:
                yield Line("warn", "agent", f"{one.id} / {state.agent} is offline", "power and network there")


def _look_at_access_logs(records: Records) -> Iterator[Line]:
    """Each firm's chain, from its first entry to its last."""
    for firm in records.firms.all():
        if fault := records.access_log.first_fault(operator(firm.id)):
            what = f"firm {firm.id}: {fault}"
            yield Line("fail", "access log", what, "who had the database? compare with a backup of before")


def _look_at_seals(records: Records, settings: Settings) -> Iterator[Line]:
    """Authenticators that the key of this installation does not open, or that there is no key for."""
    path = settings.data / key_file.NAME
    if not path.exists():
        count, why = len(records.accounts.totp_secrets()), f"{path} is missing"
    else:
        count = Seal(key_file.read(path)).unopened(records)
        why = f"{path} is not the key {'it was' if count == 1 else 'they were'} sealed with"
    if count:
        whose = "1 authenticator opens" if count == 1 else f"{count} authenticators open"
        what = f"{whose} nothing: {why}"
        yield Line("fail", "records", what, f"put {key_file.NAME} of the backup there, or use recovery codes")


def _processes(settings: Settings, _: bool) -> Iterator[Line]:
    folder = settings.data / "health"
    beats = [(name, beat) for name in PROCESSES for beat in fresh_beats(folder, name).values()]
    for name, beat in beats:
        yield from (_part(name, part, beat["parts"][part]) for part in beat["failing"])
        restarted = [part for part, said in beat["parts"].items() if said["restarts"]]
        if restarted:
            yield Line("warn", "processes", f"{name}: started anew since it began: {', '.join(restarted)}")
    running = Counter(name for name, beat in beats if not beat["failing"])
    if running:
        yield Line("ok", "processes", ", ".join(f"{count} {name}" for name, count in running.items()))


def _part(process: str, name: str, said: dict[str, Any]) -> Line:
    if name == "clock":
        return Line("fail", "clock", str(said.get("why", "")), "timedatectl set-ntp true")
    remedy = f"`plumbline health --process {process}` shows its counters"
    return Line("fail", "processes", f"{process}: {name}: {said.get('why', '')}", remedy)
