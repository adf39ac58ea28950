"""`plumbline command` reaches a running agent through a real cloud, and the agent mends itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.stack import ROOT, Stack
from tests.servers import clean_environment, wait_until


class Office:
    """A running site, and a person with a terminal."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def command(self, *words: str) -> tuple[int, str]:
        config = ["--config", str(self.stack.folder / "plumbline.yaml"), "--patience", "30"]
        done = subprocess.run(
            [sys.executable, "-m", "plumbline", "command", *config, "counting", "pi-1", *words],
            cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> object:
    with Stack(tmp_path_factory.mktemp("command")) as stack:
        stack.start_all()
        stack.wait_produced(3)
        yield Office(stack)


def test_read_now_prints_what_a_device_says(office: Office) -> None:
    code, said = office.command("read-now", "count-001")
    assert code == 0, said
    assert re.search(r"done\ncount-001\n  water_volume +\d+ L", said)
    code, said = office.command("read-now", "count-009")
    assert code == 1
    assert "count-009: no device of this site that is asked (count-001, count-002)" in said


def test_another_interval_is_tried_and_kept(office: Office) -> None:
    code, said = office.command("set-interval", "count-001", "0.4")
    assert (code, said) == (0, "done: readings arrive: 2 of 2 devices answer\n")
    assert "interval_s: 0.4" in office.stack.site_file.read_text()
    assert not office.stack.site_file.with_name("site.yaml.before").exists()


def test_a_wrong_site_file_is_refused_with_its_mistakes(office: Office, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(office.stack.site_file.read_text().replace("modbus_rtu", "modbus_tru"))
    code, said = office.command("site-file", str(wrong))
    assert code == 1
    assert re.match(r"refused: \S+/site.yaml:\d+: lines\[0\].protocol:", said)
    assert 'Did you mean "modbus_rtu"?' in said


def test_a_site_file_that_kills_the_agent_is_undone_when_it_starts_again(
    office: Office, tmp_path: Path
) -> None:
    stack = office.stack
    good = stack.site_file.read_text()
    # Good by `check`, but with it no device answers; then the power fails in the middle of the trial.
    deaf = tmp_path / "deaf.yaml"
    deaf.write_text(re.sub(r"port: [^\s,}]*[a-z/][^\s,}]*", "port: /dev/ttyNOBODY", good))
    with subprocess.Popen(
        [sys.executable, "-m", "plumbline", "command", "--config", str(stack.folder / "plumbline.yaml"),
         "counting", "pi-1", "site-file", str(deaf)],
        cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as asking:  # fmt: skip
        wait_until(lambda: stack.site_file.read_text() == deaf.read_text(), what="the file on trial")
        wait_until(lambda: '"starts": 1' in _trial(stack), what="the agent working by it")
        stack.kill("agent")
        stack.start("agent")
        said, _ = asking.communicate(timeout=30)
    assert asking.returncode == 1
    assert said == "rolled_back: the agent ended before it was over: the old file is back\n"
    assert stack.site_file.read_text() == good
    stack.wait_produced(2)


def _trial(stack: Stack) -> str:
    note = stack.site_file.with_name("site.yaml.trial")
    return note.read_text() if note.exists() else ""


def test_nobody_at_home_is_said(office: Office) -> None:
    office.stack.stop("agent")
    config = ["--config", str(office.stack.folder / "plumbline.yaml"), "--patience", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "plumbline", "command", *config, "counting", "pi-1", "read-now"],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "no answer within 1 s: is the agent online?\n")
