"""A backup taken under load restores to a store that passes the audit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from plumbline.settings import load_settings
from plumbline.stores import open_stores
from tests.e2e.stack import FAR_MS, ROOT, Stack
from tests.servers import clean_environment, free_port, listens, mortal, wait_until

pytestmark = pytest.mark.processes


def plumbline(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plumbline", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_backup_under_load_restores_to_every_reading_once(tmp_path: Path) -> None:
    with Stack(tmp_path / "live") as stack:
        (tmp_path / "live").mkdir(exist_ok=True)
        stack.start_all()
        stack.wait_produced(12)
        stored_before = {key: max(numbers) for key, numbers in stack.stored().items()}
        plumbline("backup", str(tmp_path / "backup"), "--config", str(tmp_path / "live/plumbline.yaml"))
        stack.wait_produced(4)
        site = stack.site
    settings = yaml.safe_load((tmp_path / "live/plumbline.yaml").read_text())
    web_port = free_port()
    settings |= {
        "data": "data",
        "web": {"port": web_port},
        "embedded_broker_port": free_port(),
        "agents": [],
    }
    settings.pop("broker", None)
    new = tmp_path / "new"
    new.mkdir()
    (new / "plumbline.yaml").write_text(yaml.safe_dump(settings))
    (new / "projects.yaml").write_text((tmp_path / "live/projects.yaml").read_text())
    plumbline("restore", str(tmp_path / "backup"), "--config", str(new / "plumbline.yaml"))
    serve = subprocess.Popen(
        mortal([sys.executable, "-m", "plumbline", "serve", "--config", str(new / "plumbline.yaml")]),
        cwd=ROOT,
        env=clean_environment(),
    )
    try:
        wait_until(lambda: listens(serve.pid, web_port), what="the restored service listening")
        with open_stores(load_settings(new / "plumbline.yaml")) as stores:
            last = stores.log.last_offset()
            wait_until(lambda: stores.timeseries.position() >= last, what="the restored log read to its end")
            for device, quantities in stores.timeseries.devices(site).items():
                for quantity in quantities:
                    _, values = stores.timeseries.raw(site, device, quantity, 0, FAR_MS)
                    numbers = [int(value) for value in values]
                    assert numbers == list(range(1, len(numbers) + 1)), (device, quantity)
                    assert len(numbers) >= stored_before[device, quantity]
    finally:
        serve.terminate()
        assert serve.wait(20) == 0
