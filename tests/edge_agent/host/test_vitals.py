"""What the machine says of itself, read from a copy of the kernel's files."""

from __future__ import annotations

from pathlib import Path

from edge_agent.host.vitals import vitals


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_raspberry_pi_says_how_warm_worn_and_well_fed_it_is(tmp_path: Path) -> None:
    write(tmp_path, "etc/os-release", 'NAME="Raspbian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')
    write(tmp_path, "proc/uptime", "86461.53 340000.00\n")
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", "48312\n")
    write(tmp_path, "sys/block/mmcblk0/device/life_time", "0x03 0x05\n")
    write(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n")
    found = vitals(tmp_path / "spool.db", tmp_path)
    assert found.os == "Debian GNU/Linux 12 (bookworm)"
    assert (found.uptime_s, found.cpu_temperature, found.disk_wear_percent) == (86461, 48.312, 50)
    assert (found.under_voltage, found.throttled) == (True, True)
    assert found.disk_free_bytes is not None
    assert found.python


def test_a_newer_kernel_says_under_voltage_by_its_hardware_monitor(tmp_path: Path) -> None:
    write(tmp_path, "sys/class/hwmon/hwmon1/name", "rpi_volt\n")
    write(tmp_path, "sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert vitals(tmp_path / "spool.db", tmp_path).under_voltage is True


def test_what_a_machine_does_not_say_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "sys/block/mmcblk0/device/life_time", "0x00 0x00\n")
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", "no number\n")
    found = vitals(tmp_path / "none" / "spool.db", tmp_path)
    assert (found.cpu_temperature, found.disk_wear_percent, found.under_voltage) == (None, None, None)
    assert (found.throttled, found.uptime_s, found.disk_free_bytes) == (None, None, None)
