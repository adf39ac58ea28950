"""What single messages say, dialect by dialect, where the captured payloads (frames/) leave a question."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.mqtt import chirpstack, dragino, esphome, milesight, shelly, tasmota, zigbee2mqtt
from edge_agent.drivers.mqtt.dialects import DIALECTS
from edge_agent.drivers.mqtt.lorawan import CODECS, named
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
    [b"{", b"[1]", b"1", b"\xff", b'{"a": nano}', b'{"a": nan', b"nan", b"[" * 100_000, b"", b"x" * 300_000],
)
def test_what_is_no_json_object_is_refused_in_one_line(payload: bytes) -> None:
    with pytest.raises(FrameError, match=r"^[^\n]+$"):
        object_of(payload)


def test_an_integer_of_many_digits_is_null_never_infinite() -> None:
    assert flat({"a": 10**400}) == {"a": None}
    assert json_of(b"[" + b"9" * 5000 + b", 1]") == [None, 1]
    assert json_of(b"[1e999, -1e999, 1e3]") == [None, None, 1000.0]
    assert LARGEST_PAYLOAD < 300_000


@pytest.mark.parametrize("word", ["nan", "NaN", "-nan", "inf", "-Infinity", "+INF", "nan(0x8000)", "1e999"])
def test_what_is_printed_for_no_number_costs_its_value_alone(word: str) -> None:
    text = f'{{"a": {word}, "note": "nan, inf\\" nan", "b": [{word}, 2]}}'
    assert flat(object_of(text.encode())) == {"a": None, "note": 'nan, inf" nan', "b/0": None, "b/1": 2}


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


def test_a_base_topic_may_have_several_levels_and_so_may_a_friendly_name() -> None:
    """Koenkk/zigbee2mqtt#213: nothing says where in an address the one ends and the other begins."""
    assert zigbee2mqtt.filters("general/maintenance/leak bath")[2:] == (
        "general/bridge/state",
        "general/maintenance/bridge/state",
    )
    assert zigbee2mqtt.filters("zigbee2mqtt/th")[2:] == ("zigbee2mqtt/bridge/state",)


@pytest.mark.parametrize("attribute", ["1", '"lumi"', "null", "[]", '{"1": "x"}', '{"1": null}'])
def test_a_zigbee_report_of_another_shape_is_refused(attribute: str) -> None:
    report = f'{{"cluster": "genBasic", "data": {{"65281": {attribute}}}}}'
    with pytest.raises(FrameError):
        zigbee2mqtt.describe("", report.encode(), Asked(kind="zcl_to_z2m"))


def test_a_card_that_was_not_authenticated_is_no_card() -> None:
    card = {"UID": "04A1B2C3D4E580", "Data": "", "Auth": "NOk"}
    (heard,) = tasmota.hear("tele/gate/SENSOR", json.dumps({"PN532": card}).encode())
    assert heard.values["PN532/UID"] is None
    for good in ({**card, "Auth": "Ok"}, {"UID": card["UID"]}):
        (heard,) = tasmota.hear("tele/gate/SENSOR", json.dumps({"PN532": good}).encode())
        assert heard.values["PN532/UID"] == card["UID"]


@pytest.mark.parametrize(
    ("part", "null"),
    [
        ({"act_power": 5.0, "voltage": 0.0, "errors": ["power_meter_failure"]}, {"act_power", "voltage"}),
        ({"act_power": 5.0, "voltage": 0.0, "errors": ["out_of_range:voltage"]}, {"voltage"}),
        ({"a_current": 9.0, "b_current": 1.0, "a_errors": ["out_of_range:current"]}, {"a_current"}),
        ({"tC": None, "tF": None, "errors": ["read"]}, {"tC", "tF"}),
        ({"apower": 5.0, "errors": ["overtemp"]}, set()),
        ({"apower": 5.0, "errors": ["out_of_range:"]}, set()),
    ],
)
def test_what_a_shelly_calls_an_error_is_no_value(part: dict[str, Any], null: set[str]) -> None:
    (heard,) = shelly.hear("s/status/em1:0", json.dumps(part).encode())
    said = {key.partition("/")[2]: value for key, value in heard.values.items() if "errors" not in key}
    assert {key for key, value in said.items() if value is None} == null


def test_a_bthome_sensors_status_is_of_when_it_was_heard() -> None:
    changes = {
        "ts": 1_764_000_000.5,
        "switch:0": {"apower": 3.0},
        "bthomesensor:200": {"id": 200, "value": 21.5, "last_updated_ts": 1_763_990_000},
    }
    message = {"method": "NotifyFullStatus", "params": changes}
    old, live = shelly.hear("s/events/rpc", json.dumps(message).encode())
    assert (old.values["bthomesensor:200/value"], old.time_ms, old.dated) == (21.5, 1_763_990_000_000, True)
    assert (dict(live.values), live.time_ms) == ({"switch:0/apower": 3.0}, 1_764_000_000_500)


@pytest.mark.parametrize(
    ("topic", "content"),
    [
        ("em1:0", {"id": 0, "act_power": 1.0}),
        ("emdata:0", {"id": 0, "total_act": 5.0}),
        ("em1data:1", {"id": 1, "total_act_energy": 5.0}),
        ("bthomesensor:200", {"id": 200, "value": 21.5}),
        ("presence:0", {"id": 0, "num_objects": 2}),
        ("wifi", {"sta_ip": None, "rssi": -60}),
        ("ble", {}),
    ],
)
def test_no_component_of_a_shelly_is_described_as_nothing(topic: str, content: dict[str, Any]) -> None:
    assert shelly.describe(f"s/status/{topic}", json.dumps(content).encode(), Asked())


def test_a_text_that_is_no_number_costs_its_own_field_of_an_esphome_node() -> None:
    assert esphome.hear("n/sensor/t/state", b"broken") == [Heard({"sensor/t": None})]


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
        ("em300-th", "050000 01755C", "unknown_entry"),
        ("ws301", "036734", "unknown_entry"),
    ],
)
def test_an_uplink_that_begins_with_what_a_model_does_not_know_is_refused(
    model: str, data: str, kind: str
) -> None:
    with pytest.raises(FrameError) as error:
        milesight.decode(model, bytes.fromhex(data))
    assert error.value.kind == kind


@pytest.mark.parametrize(
    ("model", "data", "values"),
    [
        ("em300-th", "01755C 050000 046865", {"battery": 92, "unread": "05 00 00 04 68 65"}),
        ("em300-th", "01755C 0367", {"battery": 92, "unread": "03 67"}),
        ("ct101", "0498C409 0000", {"current": 25, "unread": "00 00"}),
        ("ws523", "FE6501", {"unread": "FE 65 01"}),
        ("ws523", "FE2C01 04800700 0000", {"active_power": 7, "answers": ["FE 2C 01"]}),
        ("ws301", "FF08660012345678 030001", {"sn": "660012345678", "magnet_status": "open"}),
    ],
)
def test_what_a_model_does_not_know_costs_itself_and_an_answer_nothing(
    model: str, data: str, values: dict[str, Any]
) -> None:
    assert milesight.decode(model, bytes.fromhex(data)) == values


def test_a_sensor_that_has_failed_gives_no_value() -> None:
    failed = milesight.decode("ct101", bytes.fromhex("0498FFFF 0967FDFF 8967FFFF01"))
    assert (failed["current"], failed["current_sensor_status"]) == (None, "read failed")
    assert (failed["temperature"], failed["temperature_sensor_status"]) == (None, "read failed")
    assert (
        milesight.decode("ct101", bytes.fromhex("0967FDFF"))["temperature_sensor_status"]
        == "over range alarm"
    )


def test_a_gas_index_is_no_concentration() -> None:
    """Both are called tvoc; the type of the entry says which it is (SensorDecoders, am-series/am307)."""
    index = milesight.decode("am307", bytes.fromhex("087D7800"))
    assert index == {"tvoc": 1.2, "tvoc_unit": "iaq"}
    said = milesight.decode("am307", bytes.fromhex("08E67800 21CE00F15365D7007500 01 03 5204 7800 8927"))
    assert said["tvoc_ug_m3"] == 120
    assert said["history"] == [
        {
            "timestamp": 1_700_000_000, "temperature": 21.5, "humidity": 58.5, "pir": "trigger",
            "light_level": 3, "co2": 1106, "tvoc": 120, "tvoc_unit": "µg/m³", "tvoc_ug_m3": 120,
            "pressure": 1012.1,
        }
    ]  # fmt: skip


LIVE, KEPT = "CBF6 0B0D 0376 01 0ADD 7FFF", "0ADD 0B0D 0376 41 6553F100"


def test_an_answer_from_the_log_of_an_lht65_is_of_its_own_time() -> None:
    """User manual 1.8 §2.6.4: eleven bytes an entry, several in one uplink, all zero for nothing kept."""
    kept = {"timestamp": 1_700_000_000, "TempC_SHT": 28.29, "Hum_SHT": 88.6, "TempC_DS": 27.81}
    assert dragino.lht65(bytes.fromhex(KEPT * 2), 2) == {"history": [kept, kept]}
    assert dragino.lht65(bytes(11), 2) == {"history": []}
    no_probe = bytes.fromhex(KEPT.replace("0ADD", "7FFF").replace(" 41 ", " C1 "))
    assert dragino.lht65(no_probe, 2)["history"][0]["TempC_DS"] is None
    heard = chirpstack.ChirpStack("dragino/lht65").hear(
        f"application/a/device/{EUI}/event/up", uplink(bytes.fromhex(KEPT), fPort=2), 0.0
    )
    assert [(one.time_ms, one.history) for one in heard if one.values] == [(1_700_000_000_000, True)]


def test_what_hangs_on_an_lht65_says_where_its_values_stand() -> None:
    assert dragino.lht65(bytes.fromhex(LIVE), 2)["BatV"] == 3.062
    timed = dragino.lht65(bytes.fromhex("0ADD 0AF7 C376 09 6553F100"), 2)
    assert (timed["TempC_DS"], timed["Hum_SHT"], timed["timestamp"]) == (27.81, 88.6, 1_700_000_000)
    assert "BatV" not in timed
    lost = dragino.lht65(bytes.fromhex("CBF6 0B0D 0376 81 0ADD 7FFF"), 2)
    assert (lost["TempC_DS"], lost["No_connect"]) == (None, "Sensor no connection")
    assert "TempC_SHT" not in dragino.lht65(bytes.fromhex("CBF6 28FF 1234 0F 5678 9ABC"), 2)
    with pytest.raises(FrameError, match="11 an entry"):
        dragino.lht65(bytes(12), 2)


def test_raw_numbers_of_a_soil_probe_are_no_per_cent() -> None:
    raw = dragino.lse01(bytes.fromhex("0CE5 0071 06D6 0A28 00C8 80"), 2)
    assert (raw["Raw_water_SOIL"], "water_SOIL" in raw) == (1750, False)


@pytest.mark.parametrize(
    ("status", "values"),
    [
        ({"batteryLevel": 61.5}, {"battery": 61.5}),
        ({"batteryLevel": 0.0, "externalPowerSource": True}, None),
        ({"batteryLevel": 0.0, "batteryLevelUnavailable": True}, None),
        ({}, None),
    ],
)
def test_a_battery_is_believed_where_there_is_one(status: dict[str, Any], values: object) -> None:
    heard = chirpstack.ChirpStack().hear(
        f"application/a/device/{EUI}/event/status", json.dumps(status).encode(), 0.0
    )
    assert [one.values for one in heard] == ([] if values is None else [values])


def test_an_uplink_about_something_else_is_no_fault_of_the_device() -> None:
    (heard,) = chirpstack.ChirpStack("dragino/lht65").hear(
        f"application/a/device/{EUI}/event/up", uplink(bytes(3), fPort=5, rxInfo=[{"rssi": -50}]), 0.0
    )
    assert heard.values == {"rssi": -50, "snr": None}


@pytest.mark.parametrize(
    ("device", "codec"),
    [
        ("Milesight EM300-TH temperature humidity", "milesight/em300-th"),
        ("milesight em300 th", "milesight/em300-th"),
        ("EM300TH-868M", "milesight/em300-th"),
        ("Dragino LHT-65", "dragino/lht65"),
        ("Dragino LHT65N", None),
        ("EM300", None),
    ],
)
def test_a_model_is_known_however_its_name_is_written(device: str, codec: str | None) -> None:
    assert named(device) == codec


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
