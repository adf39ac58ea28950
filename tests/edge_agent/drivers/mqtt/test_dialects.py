"""What single messages say, dialect by dialect, where the captured payloads (frames/) leave a question."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.mqtt import chirpstack, dragino, milesight, shelly, tasmota, zigbee2mqtt
from edge_agent.drivers.mqtt.dialects import DIALECTS
from edge_agent.drivers.mqtt.lorawan import CODECS
from edge_agent.drivers.mqtt.message import LARGEST_PAYLOAD, Heard, flat, json_of, object_of, utc_ms

EUI = "24e124136b000001"
#: A topic of each kind, with what devices put on it.
TOPICS = {
    "chirpstack_v4": [f"application/a/device/{EUI}/event/{kind}" for kind in ("up", "join", "status", "log")],
    "esphome": ["n/sensor/t/state", "n/binary_sensor/leak/state", "n/status", "n/text_sensor/x/state"],
    "shelly": ["s/status/switch:0", "s/events/rpc", "s/online", "shelly-blu/events/7c:c6"],
    "sparkplug_b": [f"spBv1.0/g/{kind}/n" for kind in ("NBIRTH", "NDATA", "NDEATH", "DBIRTH")],
    "tasmota": ["tele/x/SENSOR", "tele/x/STATE", "tele/x/LWT", "stat/x/RESULT"],
    "zigbee2mqtt": ["zigbee2mqtt/x", "zigbee2mqtt/x/availability", "zigbee2mqtt/bridge/state"],
}
_WORDS = ["ENERGY", "Power", "params", "method", "NotifyStatus", "deviceInfo", "data", "rxInfo", "rssi", "ts"]
_WORDS += ["time", "last_seen", "TempUnit", "F", "Temperature", "switch:0", "object", "fPort", "state"]
_JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(_WORDS)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(_WORDS), st.text(max_size=5)), inner, max_size=4),
    ),
    max_leaves=12,
)
_PAYLOADS = st.one_of(
    st.binary(max_size=60), _JSON.map(lambda value: json.dumps(value).encode()), st.just(b"")
)


def codec_of(name: str) -> str | None:
    return "milesight/em300-th" if name == "chirpstack_v4" else None


@given(st.data(), st.sampled_from(sorted(DIALECTS)), _PAYLOADS)
def test_no_message_crashes_a_dialect(data: st.DataObject, name: str, payload: bytes) -> None:
    """Every value that comes out is a finite number, a truth value, a text or nothing."""
    topic = data.draw(st.sampled_from(TOPICS[name]))
    listener = DIALECTS[name].listener("g/n", codec_of(name))
    try:
        said = listener.hear(topic, payload, 0.0)
    except FrameError:
        return
    for heard in said:
        json.dumps(dict(heard.values), allow_nan=False)
        assert heard.time_ms is None or isinstance(heard.time_ms, int)


@given(st.sampled_from(sorted(CODECS)), st.binary(min_size=1, max_size=60), st.integers(0, 255))
def test_no_uplink_crashes_a_codec(codec: str, data: bytes, port: int) -> None:
    try:
        json.dumps(CODECS[codec](data, port), allow_nan=False)
    except FrameError:
        return


@pytest.mark.parametrize(
    "payload",
    [b"{", b"[1]", b"1", b"\xff", b'{"a": NaN}', b'{"a": Infinity}', b"[" * 100_000, b"", b"x" * 300_000],
)
def test_what_is_no_json_object_is_refused_in_one_line(payload: bytes) -> None:
    with pytest.raises(FrameError, match=r"^[^\n]+$"):
        object_of(payload)


def test_an_integer_of_many_digits_is_refused_or_null_never_infinite() -> None:
    assert flat({"a": 10**400}) == {"a": None}
    with pytest.raises(FrameError):
        json_of(b"9" * 5000)
    assert LARGEST_PAYLOAD < 300_000


@pytest.mark.parametrize(
    ("stamp", "time_ms"),
    [
        ("2022-07-18T09:34:15.775023242+00:00", 1_658_136_855_775),
        ("2024-01-10T18:42:48+00:00", 1_704_912_168_000),
        ("2021-06-27T15:03:44+02:00", 1_624_799_024_000),
        ("2021-06-27T13:03:44Z", 1_624_799_024_000),
        ("2021-06-27T15:03:44", None),
        ("yesterday", None),
        (1_736_603_810.49, 1_736_603_810_490),
        (1_665_561_758, 1_665_561_758_000),
        (1_736_603_810_490, 1_736_603_810_490),
        (True, None),
        (-5, None),
        (float("inf"), None),
        (None, None),
        ("9999-12-31T23:59:59-23:59", 253_402_387_139_000),
    ],
)
def test_a_devices_time_counts_only_where_it_says_where_it_is(stamp: object, time_ms: int | None) -> None:
    assert utc_ms(stamp) == time_ms


def test_tasmota_set_to_fahrenheit_and_mercury_gives_celsius_and_hectopascal() -> None:
    content = {
        "BME280": {"Temperature": 68.0, "DewPoint": 50.0, "Pressure": 760, "Humidity": 50},
        "TempUnit": "F",
        "PressureUnit": "mmHg",
    }
    (heard,) = tasmota.hear("tele/x/SENSOR", json.dumps(content).encode())
    said = {key.split("/")[-1]: value for key, value in heard.values.items()}
    assert (said["Temperature"], said["DewPoint"], said["Humidity"]) == (20.0, 10.0, 50)
    assert said["Pressure"] == 1013.25
    content["PressureUnit"] = "furlong"
    (heard,) = tasmota.hear("tele/x/SENSOR", json.dumps(content).encode())
    assert heard.values["BME280/Pressure"] is None, "a unit nobody knows is no number"


def test_tasmotas_topic_may_be_ordered_otherwise() -> None:
    assert tasmota.filters("pow1") == ("tele/pow1/SENSOR", "tele/pow1/STATE", "tele/pow1/LWT")
    assert tasmota.filters("site/pow1/%prefix%")[0] == "site/pow1/tele/SENSOR"


def test_a_bridge_that_ends_takes_its_devices_with_it_one_that_comes_back_does_not() -> None:
    """Whether a device behind it is there, only the device can say."""
    assert zigbee2mqtt.hear("zigbee2mqtt/bridge/state", b'{"state":"offline"}') == [Heard(available=False)]
    assert zigbee2mqtt.hear("zigbee2mqtt/bridge/state", b'{"state":"online"}') == []
    assert zigbee2mqtt.hear("zigbee2mqtt/old", b"") == [], "a retained topic that was removed"


def test_shelly_says_nothing_in_events_that_are_no_status() -> None:
    event = {
        "method": "NotifyEvent",
        "params": {"events": [{"component": "input:0", "event": "single_push"}]},
    }
    assert shelly.hear("s/events/rpc", json.dumps(event).encode()) == []


def uplink(data: bytes, **more: Any) -> bytes:
    return json.dumps({"data": base64.b64encode(data).decode(), "fPort": 85, **more}).encode()


def test_an_uplink_is_read_by_the_profiles_codec_with_the_best_gateways_strength() -> None:
    gateways = [{"rssi": -110, "snr": -3}, {"rssi": -52, "snr": 9.5}, {"rssi": "x"}]
    (heard,) = chirpstack.ChirpStack("milesight/em300-th").hear(
        f"application/a/device/{EUI}/event/up",
        uplink(bytes.fromhex("01755C 03673401 046865"), rxInfo=gateways, time="2022-07-18T09:34:15.775Z"),
        0.0,
    )
    assert heard.values == {"battery": 92, "temperature": 30.8, "humidity": 50.5, "rssi": -52, "snr": 9.5}
    assert heard.time_ms == 1_658_136_855_775


def test_without_a_codec_the_network_servers_own_decoder_is_taken() -> None:
    (heard,) = chirpstack.ChirpStack().hear(
        f"application/a/device/{EUI}/event/up", uplink(b"\x01", object={"temp": 20.5, "door": "open"}), 0.0
    )
    assert heard.values == {"object/temp": 20.5, "object/door": "open"}


def test_readings_a_sensor_kept_come_with_their_own_time() -> None:
    kept = bytes.fromhex("20CE9E74466310015D01")
    heard = chirpstack.ChirpStack("milesight/em300-mcs").hear(
        f"application/a/device/{EUI}/event/up", uplink(kept), 0.0
    )
    assert [(one.time_ms, one.history) for one in heard] == [(None, False), (1_665_561_758_000, True)]
    assert heard[1].values == {"temperature": 27.2, "humidity": 46.5, "magnet_status": "open"}


@pytest.mark.parametrize(
    ("model", "data", "kind"),
    [
        ("em300-th", "01", "incomplete_frame"),
        ("em300-th", "0175", "incomplete_frame"),
        ("em300-th", "01755C 0367", "incomplete_frame"),
        ("em300-th", "01755C 050000", "unknown_entry"),
        ("ws301", "036734", "unknown_entry"),
    ],
)
def test_an_entry_a_model_does_not_know_is_no_reading(model: str, data: str, kind: str) -> None:
    with pytest.raises(FrameError) as error:
        milesight.decode(model, bytes.fromhex(data))
    assert error.value.kind == kind


def test_below_zero_and_no_probe() -> None:
    assert milesight.decode("em300-th", bytes.fromhex("0367F6FF"))["temperature"] == -1.0
    cold = dragino.lht65(bytes.fromhex("CBF6 FF38 0376 01 7FFF 7FFF"), 2)
    assert (cold["TempC_SHT"], cold["TempC_DS"]) == (-2.0, None)
    soil = dragino.lse01(bytes.fromhex("0CE5 0071 06D6 0A28 00C8 00"), 2)
    assert soil == {
        "BatV": 3.301, "TempC_DS18B20": 11.3, "water_SOIL": 17.5, "temp_SOIL": 26.0, "conduct_SOIL": 200
    }  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "address"),
    [
        ("zigbee2mqtt", "zigbee2mqtt/+"),
        ("zigbee2mqtt", "/x"),
        ("tasmota", ""),
        ("tasmota", "$SYS/x"),
        ("esphome", "a/"),
        ("chirpstack_v4", "24e124"),
        ("chirpstack_v4", "24e124136b00000g"),
    ],
)
def test_what_is_no_address_is_refused(dialect: str, address: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        DIALECTS[dialect].normal(address)


def test_one_sensor_of_several_in_a_message_is_named_behind_the_topic() -> None:
    assert DIALECTS["tasmota"].split("tasmota#LYWSD03-52680f") == ("tasmota", "LYWSD03-52680f")
    assert DIALECTS["chirpstack_v4"].normal(EUI.upper()) == EUI
