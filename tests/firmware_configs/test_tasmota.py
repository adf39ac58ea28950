"""The commands for a Tasmota plug: known ones, in their ranges, and what they make it say is what we read.

Tasmota has no checker that runs without a device: the table below is read from its documentation.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from edge_agent import profile
from edge_agent.drivers.mqtt.message import flat
from edge_agent.drivers.mqtt.tasmota import filters, hear

FILE: Final = Path(__file__).parents[2] / "firmware_configs" / "tasmota" / "smart-plug.txt"

#: What may stand behind a command: tasmota/docs, docs/Commands.md at 00553990b936.
COMMANDS: Final[dict[str, str | range]] = {
    "Topic": r"[a-z0-9][a-z0-9-]{0,31}",
    "FullTopic": r"\S*%prefix%\S*%topic%\S*",
    "MqttHost": r"(?!.*\.local$)[\w.-]+",
    "MqttPort": range(2, 32_767),
    "MqttUser": r"[a-z0-9-]+",
    "MqttPassword": r"\S{5,}",
    "MqttKeepAlive": range(1, 101),
    "SSID1": r"[\w-]{1,32}",
    "Password1": r"[\w-]{8,64}",
    "WebPassword": r"\S{2,32}",
    "Timezone": r"[+-]\d{1,2}(:\d\d)?",
    "NtpServer1": r"[\w.-]{2,32}",
    "NtpServer2": r"[\w.-]{2,32}",
    "Time": range(5),
    "TelePeriod": range(10, 3_601),
    "PowerDelta1": range(32_001),
    "SensorRetain": range(2),
    "PowerRetain": range(2),
    # tasmota/docs, docs/MQTT.md; Tasmota 9.3 and later (arendst/Tasmota pull request 11084).
    "StateRetain": range(2),
    "StateText1": r"OFF",
    "StateText2": r"ON",
    "WattRes": range(4),
    "VoltRes": range(4),
    "AmpRes": range(4),
    "EnergyRes": range(6),
    "FreqRes": range(4),
    "SetOption8": range(2),
    "SetOption21": range(2),
    "SetOption24": range(2),
    "SetOption26": range(2),
    "SetOption52": range(2),
    "SetOption65": range(2),
    "Delay": range(2, 3_601),
}
#: docs/Rules.md: triggers, and commands that mean something without a parameter.
TRIGGERS: Final = {"Power1#State", "Mqtt#Connected"}
BARE: Final = {"TelePeriod"}
RULE: Final = re.compile(r"ON (?P<trigger>\S+) DO (?P<commands>.+?) ENDON(?: |$)")


def lines() -> list[str]:
    return [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]


def commands(text: str) -> list[tuple[str, str]]:
    """Names and parameters of a line, or of what a rule does."""
    parts = text.removeprefix("Backlog ").split("; ") if text.startswith("Backlog ") else [text]
    assert len(parts) <= 30, "a Backlog takes 30 commands"
    found = [part.partition(" ") for part in parts]
    return [(name, value) for name, _, value in found]


def check(name: str, value: str) -> None:
    allowed = COMMANDS[name]
    if isinstance(allowed, range):
        assert int(value) in allowed, f"{name} {value}"
    else:
        assert re.fullmatch(allowed, value), f"{name} {value}"


def settings() -> dict[str, str]:
    plain = [line for line in lines() if not re.match(r"Rule\d ", line)]
    return dict(pair for line in plain for pair in commands(line))


def test_every_command_is_known_and_in_its_range() -> None:
    for name, value in settings().items():
        check(name, value)


def test_every_rule_has_the_grammar_and_is_switched_on() -> None:
    rules = [line.split(" ", 1) for line in lines() if line.startswith("Rule")]
    defined = {name: text for name, text in rules if text not in ("0", "1")}
    assert {name for name, text in rules if text == "1"} == defined.keys()
    for text in defined.values():
        assert RULE.sub("", text) == "", "ON trigger DO command ENDON, one after the other"
        assert len(text) <= 1000, "docs/Rules.md: at least so many fit into a set"
        for rule in RULE.finditer(text):
            assert rule["trigger"] in TRIGGERS
            for name, value in commands(rule["commands"]):
                if value or name not in BARE:
                    check(name, value)


def test_topic_and_user_are_one_name_for_the_access_list() -> None:
    chosen = settings()
    assert chosen["Topic"] == chosen["MqttUser"]
    full = chosen["FullTopic"].replace("%topic%", chosen["Topic"])
    assert set(filters(chosen["Topic"])) == {
        f"{full.replace('%prefix%', 'tele')}{kind}" for kind in ("SENSOR", "STATE", "LWT")
    }


#: What a plug with these settings says, with the offset of SetOption52: after the captures in tasmota/docs,
#: docs/devices/Sonoff-Pow-R2.md and docs/ADC.md.
SENSOR: Final = (
    '{"Time":"2026-11-24T12:00:00+08:00","ENERGY":{"TotalStartTime":"2026-11-01T08:00:00","Total":6.294,'
    '"Yesterday":5.340,"Today":0.954,"Period":217,"Power":2635.1,"ApparentPower":2650.0,"ReactivePower":282.0,'
    '"Factor":0.99,"Voltage":227.0,"Current":11.661}}'
)
STATE: Final = (
    '{"Time":"2026-11-24T12:00:00+08:00","Uptime":"0T18:36:12","UptimeSec":66972,"MqttCount":6,"POWER":"OFF"}'
)


def test_what_it_says_is_what_the_profile_reads() -> None:
    said: dict[str, Any] = {}
    for kind, payload in (("SENSOR", SENSOR), ("STATE", STATE)):
        (heard,) = hear(f"tele/plug-1/{kind}", payload.encode())
        assert heard.time_ms == 1_795_492_800_000, "dated by its own clock, for the offset is there"
        said |= heard.values
    points = profile.load("tasmota-pow").target("plug-1", "plug-1", None).points
    assert {point.where["field"] for point in points} <= said.keys()


def test_the_sample_has_the_fields_that_were_captured() -> None:
    captured = profile.load("tasmota-pow").examples[0].payload
    assert captured is not None
    assert flat(json.loads(SENSOR)).keys() == flat(json.loads(captured)).keys()
