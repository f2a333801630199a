# SPDX-License-Identifier: Apache-2.0
"""How simulated-azure starts, what it refuses to start with, how it ends."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from client import PROGRAM, AzureError, SimulatedAzure
from sample import SCENARIO

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.mark.parametrize("name, total", [("demo", 31),
                                         ("three-hundred", 300)])
def test_scenarios(tmp_path, name, total):
    path = os.path.join(HERE, "scenarios", name + ".json")
    with SimulatedAzure(path, tmp_path) as one:
        rows = one.subscriptions()
        assert len(rows) == total
        first = {key: row["id"] for key, row in rows.items()}
    with SimulatedAzure(path, tmp_path) as one:
        again = {key: row["id"] for key, row in one.subscriptions().items()}
    assert first == again


@pytest.mark.parametrize("scenario, sentence", [
    ({"tenants": [{"nmae": "x"}]}, "unknown key 'nmae'"),
    ({"tenants": [{"name": "x", "subscriptions": [
        {"name": "y", "answer": {"valeu": 1}}]}]}, "unknown key 'valeu'"),
    ({"faults": [{"kind": "no-such"}]}, "unknown kind 'no-such'"),
])
def test_bad_scenario(tmp_path, scenario, sentence):
    with pytest.raises(AzureError, match=sentence):
        SimulatedAzure(scenario, tmp_path).start()


def gone(process_id, timeout=5.0):
    """Return whether a process that is not our child ends in time."""
    ends = time.monotonic() + timeout
    while time.monotonic() < ends:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return True
        with open(f"/proc/{process_id}/stat", encoding="ascii") as stat:
            if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_on_a_signal(tmp_path, number):
    one = SimulatedAzure(SCENARIO, tmp_path).start()
    one.child.send_signal(number)
    assert one.child.wait(5) == 0
    assert not os.path.exists(tmp_path / "ports.json")
    assert one.log() == ""


def test_ends_with_its_lifetime(tmp_path):
    one = SimulatedAzure(SCENARIO, tmp_path, lifetime=1).start()
    assert one.child.wait(5) == 0


def test_ends_with_its_parent(tmp_path):
    scenario = tmp_path / "scenario.json"
    scenario.write_text(json.dumps(SCENARIO))
    script = f"""
import os, subprocess, sys, time
subprocess.Popen([{PROGRAM!r}, "--scenario", {str(scenario)!r},
                  "--dir", {str(tmp_path)!r}])
while not os.path.exists({str(tmp_path / 'ports.json')!r}):
    time.sleep(0.02)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=20,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not os.path.exists(tmp_path / "ports.json"):
        return
    ports = json.loads((tmp_path / "ports.json").read_text())
    assert gone(ports["pid"])
