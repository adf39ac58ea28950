"""What each resource answers, on real stores."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from store.records.contract import AgentState, Quarantined
from store.records.registry import Device, Registration
from store.timeseries.contract import Block
from tests.registered import register
from tests.web.api.two_firms import BERLIN, NOW, OURS, THEIRS, TwoFirms, quarantined
from tests.web.site_day import SITE, STREAM, TILER
from wire.batch import Batch, Frame, encode
from wire.printable import printable
from wire.quantities import QUANTITIES
from wire.status import HostStatus, Status


def test_sites_come_with_their_projects_rooms_and_agents(firms: TwoFirms) -> None:
    first, second = firms.pages("/sites")
    assert (first["id"], first["timezone"], first["projects"]) == (BERLIN, "Europe/Berlin", [])
    assert second["projects"][0]["name_zh"] == "枫林路 18 号"
    details = firms.get(f"/sites/{SITE}").json()
    assert details["rooms"] == [{"id": "bath", "name_zh": "主卫", "name_en": "Bathroom"}]
    assert details["agents"] == ["pi-1"]


def test_devices_say_what_they_have_sent(firms: TwoFirms) -> None:
    devices = {device["id"]: device for device in firms.pages(f"/sites/{SITE}/devices", limit=1)}
    assert list(devices) == ["gate-in", "meter-main", "th-bath"]
    assert devices["meter-main"]["quantities"] == ["active_energy_import", "active_power"]
    assert (devices["th-bath"]["room"], devices["th-bath"]["interval_s"]) == ("bath", 5.0)
    assert (devices["gate-in"]["quantities"], devices["gate-in"]["interval_s"]) == ([], None)


def test_the_table_of_quantities_is_whole_and_keeps_a_tag(firms: TwoFirms) -> None:
    answer = firms.get("/quantities")
    assert [row["name"] for row in answer.json()["items"]] == list(QUANTITIES)
    power = answer.json()["items"][0]
    assert (power["unit"], power["kind"], power["low"], power["zh"]) == ("W", "gauge", -500_000, "有功功率")
    again = firms.get("/quantities", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_newest_readings_carry_their_age(firms: TwoFirms) -> None:
    items = firms.pages(f"/sites/{SITE}/latest", device="meter-main", quantity="active_power")
    assert [(i["device"], i["quantity"], i["unit"], i["time"], i["age_ms"]) for i in items] == [
        ("meter-main", "active_power", "W", NOW, 0)
    ]
    berlin = firms.pages(f"/sites/{BERLIN}/latest")
    assert all(item["age_ms"] == NOW - item["time"] > 0 for item in berlin)


def test_a_reading_from_ahead_hides_none_that_is_true_now(firms: TwoFirms) -> None:
    ahead = Block(SITE, "th-bath", [NOW - 1000, NOW + 540_000], {"carbon_dioxide": [600.0, 3000.0]})
    firms.stand.timeseries.write([ahead], firms.stand.timeseries.position())
    (item,) = firms.pages(f"/sites/{SITE}/latest", device="th-bath", quantity="carbon_dioxide")
    assert (item["value"], item["time"]) == (600.0, NOW - 1000)


def test_a_value_taken_beyond_its_limit_has_a_mark(firms: TwoFirms) -> None:
    wet = Block(SITE, "th-bath", [NOW - 2, NOW - 1], {"material_moisture": [50.0, -1.0]})
    firms.stand.timeseries.write([wet], firms.stand.timeseries.position())
    (item,) = firms.pages(f"/sites/{SITE}/latest", device="th-bath", quantity="material_moisture")
    assert (item["value"], item["marks"]) == (-1.0, ["below_limit"])
    params = {"device": "th-bath", "quantity": "material_moisture"}
    answer = firms.get(f"/sites/{SITE}/readings", params=params).json()
    assert answer["marks"] == [{"quantity": "material_moisture", "time": NOW - 1, "marks": ["below_limit"]}]
    assert all(one["marks"] == [] for one in firms.pages(f"/sites/{SITE}/latest", device="meter-main"))


def test_filters_may_be_repeated(firms: TwoFirms) -> None:
    params = {"device": ["th-bath", "th-living"], "quantity": ["temperature", "relative_humidity"]}
    items = firms.pages(f"/sites/{SITE}/latest", limit=3, **params)
    assert [(item["device"], item["quantity"]) for item in items] == [
        (device, quantity)
        for device in ("th-bath", "th-living")
        for quantity in ("relative_humidity", "temperature")
    ]


def test_a_device_that_is_not_there_is_not_an_empty_list(firms: TwoFirms) -> None:
    answer = firms.get(f"/sites/{SITE}/latest", params={"device": "meter-mian"})
    assert answer.status_code == 404
    assert 'perhaps you mean "meter-main"' in answer.json()["errors"][0]["remedy"]
    silent = firms.get(f"/sites/{SITE}/latest", params={"device": "gate-in"})
    assert (silent.status_code, silent.json()["items"]) == (200, [])


def test_events_are_pseudonyms_and_faults_say_why(firms: TwoFirms) -> None:
    items = firms.pages(f"/sites/{SITE}/events", limit=3)
    assert [item["time"] for item in items] == sorted(item["time"] for item in items)
    badges = [item for item in items if item["kind"] == "badge"]
    assert badges[0]["badge"] == TILER
    assert (badges[0]["device"], badges[0]["direction"]) == ("gate-in", "in")
    (fault,) = firms.pages(f"/sites/{SITE}/events", kind="fault")
    assert (fault["device"], fault["reason"], fault["badge"]) == ("th-bath", "no_reply", None)


def test_events_of_a_time_only(firms: TwoFirms) -> None:
    whole = firms.pages(f"/sites/{SITE}/events")
    third = whole[2]["time"]
    assert firms.pages(f"/sites/{SITE}/events", start=third) == whole[2:]
    assert firms.pages(f"/sites/{SITE}/events", start=third - 86_400_000, end=third)[-2:] == whole[:2]


def test_agents_say_how_old_their_word_is(firms: TwoFirms) -> None:
    (agent,) = firms.pages(f"/sites/{SITE}/agents")
    assert (agent["agent"], agent["status"]["online"], agent["status"]["stream"]) == ("pi-1", True, STREAM)
    assert agent["age_ms"] == max(0, NOW - agent["received"])


def test_missing_batches_are_named_by_what_is_known_of_them(firms: TwoFirms) -> None:
    (gap,) = firms.pages(f"/sites/{SITE}/gaps")
    assert (gap["agent"], gap["stream"]) == ("pi-1", STREAM)
    assert gap["dropped"] == {"batches": 2, "ranges": [[2, 3]]}
    assert gap["set_aside"] == {"batches": 1, "ranges": [[4, 4]]}
    assert gap["missing"] == {"batches": 0, "ranges": []}


def test_quarantine_is_of_all_sites_of_the_firm_and_can_be_narrowed(firms: TwoFirms) -> None:
    items = firms.pages("/quarantine", limit=1)
    assert [(item["site"], item["seq"]) for item in items] == [(SITE, 4), (SITE, 9), (BERLIN, 1)]
    assert [item["seq"] for item in firms.pages("/quarantine", reason="clock_skew")] == [9]
    assert [item["seq"] for item in firms.pages("/quarantine", site=BERLIN)] == [1]
    assert firms.pages("/quarantine", state="all") == items


def test_an_item_of_quarantine_is_shown_whole(firms: TwoFirms) -> None:
    first = firms.pages("/quarantine")[0]
    item = firms.get(f"/quarantine/{first['id']}").json()
    assert json.loads(item["text"])["seq"] == 4
    assert (item["topic"], item["base64"], item["truncated"]) == (
        f"plumbline/v1/{SITE}/pi-1/batch",
        None,
        False,
    )
    assert {key: item[key] for key in first} == first


def test_bytes_that_are_no_text_come_as_base64(own_firms: TwoFirms) -> None:
    broken = Quarantined(NOW, "t/broken", b"\xff\x00", "unreadable", "no text", BERLIN)
    firms = own_firms
    firms.stand.records.quarantine.add([broken])
    item = firms.pages("/quarantine", site=BERLIN, reason="unreadable")[0]
    found = firms.get(f"/quarantine/{item['id']}").json()
    assert (found["text"], found["base64"]) == (None, "/wA=")
    firms.stand.records.quarantine.mark_replayed(item["id"], NOW)
    assert firms.pages("/quarantine", site=BERLIN, reason="unreadable") == []
    assert firms.pages("/quarantine", site=BERLIN, reason="unreadable", state="all")[0]["replayed"] == NOW


def test_what_strangers_say_is_never_told_on_raw(own_firms: TwoFirms) -> None:
    hostile = "a\x1b[2J\u202eb\u200bc\x9b"
    stand = own_firms.stand
    stand.records.quarantine.add(
        [replace(quarantined(31, detail=hostile), payload=f'{{"device":"{hostile}"}}'.encode())]
    )
    status = Status(online=True, sent=NOW, stream=STREAM, version=hostile, host=HostStatus(os=hostile))
    stand.records.agent_states.put(AgentState(SITE, "pi-1", NOW, status))
    answers = [
        own_firms.get(path) for path in ("/quarantine", f"/sites/{SITE}/agents", f"/sites/{quote(hostile)}")
    ]
    item = next(item for item in answers[0].json()["items"] if item["seq"] == 31)
    answers.append(own_firms.get(f"/quarantine/{item['id']}"))
    for answer in answers:
        for text in _texts(answer.json()):
            assert printable(text) == text
    assert json.loads(answers[-1].json()["text"]) == {"device": hostile}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from (key, *_texts(one))
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def test_what_was_wrong_when_it_came_is_taken_in_once_it_is_right(own_firms: TwoFirms) -> None:
    firms = own_firms
    frame = Frame(device="th-new", time=[NOW - 60_000], values={"temperature": [21.5]})
    late = quarantined(77, reason="unknown_device")
    payload = encode(Batch(stream=STREAM, seq=77, sent=NOW, frames=[frame]))
    firms.stand.records.quarantine.add([replace(late, payload=payload)])
    (item,) = firms.pages("/quarantine", reason="unknown_device")
    path = f"/quarantine/{item['id']}/replay"
    waits = firms.post(path).json()
    assert (waits["outcome"], waits["reason"], waits["readings"]) == ("waiting", "unknown_device", 0)
    assert firms.pages("/quarantine", reason="unknown_device") != []
    register(
        firms.stand.records, Registration(devices=[Device(OURS, SITE, "th-new", "climate_sensor", None, 5.0)])
    )
    taken = firms.post(path).json()
    assert (taken["outcome"], taken["reason"], taken["readings"]) == ("taken", "", 1)
    assert firms.post(path).json()["readings"] == 0, "nothing is taken twice"
    assert firms.pages("/quarantine", reason="unknown_device") == []


def test_taking_in_wants_its_own_scope_and_an_item_of_the_firm(firms: TwoFirms) -> None:
    (theirs,) = firms.get("/quarantine", firms.issue(firm=THEIRS)).json()["items"]
    ours = firms.pages("/quarantine")[0]
    reader = firms.issue("quarantine:read", "telemetry:read", "events:read", "health:read")
    refused = firms.post(f"/quarantine/{ours['id']}/replay", reader)
    assert (refused.status_code, "quarantine:write" in refused.json()["detail"]) == (403, True)
    for item in (theirs["id"], 999_999):
        assert firms.post(f"/quarantine/{item}/replay").status_code == 404
    assert firms.get(f"/quarantine/{ours['id']}/replay").headers["allow"] == "POST"


@pytest.mark.parametrize(
    "payload",
    [
        b'{"events":[{"badge":"0012345678"}]}',
        b'{"events":[{"badge":"0012345678"}]}\xff',
        b'{"events":[{"\\u0062adge":"0012345678"}]}',
        b'{"events":[{"badge":["0012345678"]}]}',
        '{"events":[{"badge":"0012345678"}]}'.encode("utf-16"),
    ],
    ids=["plain", "no UTF-8", "an escaped name", "a list", "UTF-16"],
)
def test_a_badge_number_that_slipped_through_is_shown_to_who_may_see_it_alone(
    own_firms: TwoFirms, payload: bytes
) -> None:
    firms = own_firms
    firms.stand.records.quarantine.add([Quarantined(NOW, "t/slip", payload, "schema", "", BERLIN)])
    (item,) = firms.pages("/quarantine", site=BERLIN, reason="schema")
    path = f"/quarantine/{item['id']}"
    withheld = firms.get(path, firms.issue("quarantine:read")).json()
    said = f"{withheld['text']}{withheld['base64']}"
    assert "12345678" not in said
    assert base64.b64encode(payload[:9]).decode() not in said
    assert (withheld["bytes"], len(withheld["digest"])) == (len(payload), 16)
    whole = firms.get(path, firms.issue("quarantine:read", "quarantine:raw")).json()
    assert (whole["text"] or "").encode() == payload or base64.b64decode(whole["base64"]) == payload


def test_health_is_public_and_its_counters_are_not(firms: TwoFirms) -> None:
    anybody = firms.client.get("/api/v1/health")
    assert (anybody.status_code, anybody.json()) == (200, {"status": "ok", "failing": [], "parts": None})
    assert firms.get("/health", firms.issue("telemetry:read")).json()["parts"] is None
    parts = firms.get("/health", firms.issue("health:read")).json()["parts"]
    assert parts["receipts"]["counters"] == {"batches": 7}
    assert firms.get("/health", "pl_" + "x" * 43).status_code == 401
