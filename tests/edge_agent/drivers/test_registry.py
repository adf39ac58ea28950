"""The table of protocols and the folder agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.drivers import registry

FOLDER = Path(registry.__file__).parent
#: Modules that are no driver, with the reason.
NO_DRIVERS = {
    "__init__": "package",
    "card": "the number of a card",
    "contract": "what a driver is",
    "control": "part of dlt645 and cjt188",
    "decoding": "what codecs say to decode",
    "cjt188_data": "part of cjt188",
    "cjt188_frame": "part of cjt188",
    "dlt645_decode": "part of dlt645",
    "dlt645_frame": "part of dlt645",
    "dlt645_items": "part of dlt645",
    "dsmr_p1_frame": "part of dsmr_p1",
    "dsmr_sub_meters": "part of dsmr_p1",
    "exchange": "one question and its answer",
    "iec62056_21_frame": "part of iec62056_21",
    "mbus_decode": "part of mbus",
    "mbus_fixed": "part of mbus",
    "mbus_frame": "part of mbus",
    "mbus_records": "part of mbus",
    "mbus_units": "part of mbus",
    "mbus_values": "part of mbus",
    "modbus_decode": "part of modbus_rtu",
    "modbus_frame": "part of modbus_rtu",
    "modbus_pieces": "part of modbus_rtu",
    "modbus_points": "part of modbus_rtu",
    "numbers": "binary-coded decimals",
    "obis": "data sets of iec62056_21 and dsmr_p1",
    "osdp_frame": "part of osdp",
    "osdp_session": "part of osdp",
    "polling": "asking one device for several things",
    "printed_units": "units in data sets of iec62056_21 and dsmr_p1",
    "refusals": "what devices do not have",
    "register_maps": "makers' maps, for modbus_rtu",
    "registry": "the table itself",
    "scaling": "numbers",
    "scanning": "frames that end with a sum and 16",
}


def test_every_driver_in_the_folder_is_in_the_table_and_the_other_way_round() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")}
    assert modules >= set(NO_DRIVERS), "take out of NO_DRIVERS what is no longer there"
    drivers = set(registry.POLLED) | set(registry.LISTENING)
    assert modules - set(NO_DRIVERS) == drivers, "add the driver to edge_agent/drivers/registry.py"


def test_a_protocol_is_polled_or_listens_or_speaks_mqtt_never_two_of_them() -> None:
    kinds = [set(registry.POLLED), set(registry.LISTENING), set(registry.DIALECTS)]
    assert sum(map(len, kinds)) == len(set().union(*kinds))


@pytest.mark.parametrize("table", [registry.DECODERS, registry.ADDRESSES])
def test_every_protocol_can_be_decoded_and_addressed(table: dict[str, object]) -> None:
    live = set(registry.POLLED) | set(registry.LISTENING) | set(registry.DIALECTS)
    assert set(table) - live == {"lorawan_codecs"}, "a piece inside ChirpStack's uplinks, for decode alone"
    assert live <= set(table)


@pytest.mark.parametrize(
    ("protocol", "given", "normal"),
    [("dlt645", 161, "000000000161"), ("dlt645", "AAAAAAAAAAAA", "a" * 12), ("modbus_rtu", 7, "7")],
)
def test_addresses_are_brought_to_one_form(protocol: str, given: str | int, normal: str) -> None:
    assert registry.ADDRESSES[protocol](given) == normal


@pytest.mark.parametrize(
    ("protocol", "address"),
    [
        ("dlt645", "1234567890123"),
        ("dlt645", "x"),
        ("modbus_rtu", 256),
        ("modbus_rtu", "one"),
        ("modbus_rtu", -1),
    ],
)
def test_what_is_no_address_is_refused_in_one_line(protocol: str, address: str | int) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        registry.ADDRESSES[protocol](address)
