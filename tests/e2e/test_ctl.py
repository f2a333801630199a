# SPDX-License-Identifier: Apache-2.0
"""jitd-ctl: what it prints, and what it exits with."""

import csv
import io
import json
import os
import shutil
import subprocess
import threading
import time

import pytest

from daemon import BUILD, wait_until


@pytest.fixture(name="good", scope="module")
def fixture_good(tmp_path_factory):
    """All enabled."""
    yield from running(tmp_path_factory, [{"name": "alpha"},
                                          {"name": "beta"}])


@pytest.fixture(name="bad", scope="module")
def fixture_bad(tmp_path_factory):
    """One enabled, one off, one unknown."""
    yield from running(tmp_path_factory, [
        {"name": "alpha"},
        {"name": "off", "answer": {"value": "Disabled"}},
        {"name": "closed", "answer": {"fault": "forbidden"}}])


def running(tmp_path_factory, rows):
    """Run one jitd for a module's tests."""
    from client import SimulatedAzure
    from conftest import scenario
    from daemon import Jitd

    folder = tmp_path_factory.mktemp("ctl")
    with SimulatedAzure(scenario(rows), folder / "azure") as azure:
        jitd = Jitd(folder, azure).start()
        jitd.azure = azure
        yield jitd
        assert jitd.stop() == 0


def test_status(good, bad):
    done = good.ctl("status")
    assert done.returncode == 0 and "2" in done.stdout
    done = bad.ctl("status")
    assert done.returncode == 1 and "off" in done.stdout
    assert "\033" not in done.stdout


def test_json_is_the_endpoint_s(good):
    assert set(json.loads(good.ctl("status", "--json").stdout)) == \
        set(good.status())
    listed = json.loads(good.ctl("--json", "list").stdout)
    assert [row["name"] for row in listed["subscriptions"]] == \
        [row["name"] for row in good.subscriptions().values()]
    assert json.loads(good.ctl("version", "--json").stdout)
    assert json.loads(good.ctl("show", "alpha", "--json").stdout)["evidence"]
    assert "events" in json.loads(good.ctl("events", "--json").stdout)


def test_list(bad):
    done = bad.ctl("list")
    assert done.returncode == 1
    for name in ("alpha", "off", "closed"):
        assert name in done.stdout
    done = bad.ctl("list", "--state", "enabled")
    assert done.returncode == 0 and "off" not in done.stdout
    assert bad.ctl("list", "--state", "unknown").returncode == 4
    assert bad.ctl("list", "--state", "absent").returncode == 4
    rows = list(csv.DictReader(io.StringIO(
        bad.ctl("list", "--format", "csv").stdout)))
    assert {row["name"]: row["state"] for row in rows} == \
        {"alpha": "enabled", "off": "disabled", "closed": "unknown"}
    assert json.loads(bad.ctl("list", "--format", "json").stdout)


def test_show_takes_an_id_a_prefix_or_a_name(bad):
    found = bad.subscriptions()["off"]["subscription_id"]
    for word in (found, found.upper(), found[:13], "off"):
        done = bad.ctl("show", word)
        assert done.returncode == 1, done.stderr
        assert found in done.stdout
    assert bad.ctl("show", "alpha").returncode == 0
    assert bad.ctl("show", "closed").returncode == 4
    done = bad.ctl("show", "nobody")
    assert done.returncode == 2 and "nobody" in done.stderr


def test_usage_is_2(good):
    for argv in ([], ["nonsense"], ["list", "--nonsense"], ["show"],
                 ["list", "--state", "on"], ["wait", "--timeout", "5"],
                 ["poll"], ["status", "extra"], ["--color=pink", "status"]):
        done = good.ctl(*argv)
        assert done.returncode == 2, argv
        assert done.stderr
    done = good.ctl("--help")
    assert done.returncode == 0 and "watch" in done.stdout


def test_no_daemon_is_3(tmp_path):
    for verb in (["status"], ["list"], ["show", "a"], ["ping"], ["events"],
                 ["watch"]):
        done = subprocess.run(
            [BUILD / "jitd-ctl", "--socket", tmp_path / "no.sock", *verb],
            check=False, text=True, capture_output=True)
        assert done.returncode == 3, verb
        assert "no.sock" in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user: root only")
def test_permission_denied_is_5_and_says_what_to_do(good):
    os.chmod(good.folder.parent, 0o755)
    for part in (good.folder, *good.folder.parents):
        if str(part).startswith("/tmp/"):
            os.chmod(part, 0o755)
    # The build may stand where nobody else may look.
    program = good.folder / "jitd-ctl"
    shutil.copy(BUILD / "jitd-ctl", program)
    done = subprocess.run(
        [program, "--socket", good.socket, "status"],
        check=False, text=True, capture_output=True, user=65534, group=65534,
        extra_groups=[], cwd="/")
    assert done.returncode == 5
    assert str(good.socket) in done.stderr and "group" in done.stderr


def test_ping_reload_version(good):
    assert good.ctl("ping").returncode == 0
    assert good.ctl("version").stdout.count("0.1") >= 1
    assert good.ctl("reload").returncode == 0
    text = good.config.read_text()
    good.config.write_text("[poll]\nnonsense = 1\n")
    done = good.ctl("reload")
    good.config.write_text(text)
    assert done.returncode == 7 and ":2: no such key" in done.stderr


def test_poll_waits(world):
    azure, jitd = world([{"name": "a"}],
                        sections={"poll": {"interval": "1h", "confirm": 0}})
    azure.flip(["a"], "Disabled")
    done = jitd.ctl("poll", "a", "--wait")
    assert done.returncode == 0, done.stderr
    assert jitd.subscription("a")["state"] == "disabled"
    assert jitd.ctl("poll", "--all").returncode == 0
    assert jitd.ctl("poll", "nobody").returncode == 2


def test_wait(world):
    azure, jitd = world([{"name": "a"}])
    assert jitd.ctl("wait", "--ready", "--timeout", "10s").returncode == 0
    assert jitd.ctl("wait", "--subscription", "a", "--state", "disabled",
                    "--timeout", "3s").returncode == 6
    azure.flip(["a"], "Disabled")
    assert jitd.ctl("wait", "--subscription", "a", "--state", "disabled",
                    "--timeout", "15s").returncode == 0


def test_events(bad):
    done = bad.ctl("events")
    assert done.returncode == 0 and "off" in done.stdout
    assert bad.ctl("events", "--limit", "1").stdout.strip().count("\n") == 0
    assert bad.ctl("events", "--since", "1h").returncode == 0
    assert bad.ctl("events", "--since", "yesterday").returncode == 2


def test_watch_shows_events_and_ends_with_jitd(world):
    azure, jitd = world([{"name": "a"}])
    child = subprocess.Popen(
        [BUILD / "jitd-ctl", "--socket", jitd.socket, "--json", "watch"],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = []
    reader = threading.Thread(
        target=lambda: lines.extend(iter(child.stdout.readline, "")))
    reader.start()
    time.sleep(0.5)
    azure.flip(["a"], "Disabled")
    wait_until(lambda: any("monitoring-disabled" in line for line in lines))
    assert all(json.loads(line)["seq"] for line in lines)
    jitd.stop()
    assert child.wait(10) == 3
    reader.join()
    child.stderr.close()
    child.stdout.close()


def test_color_only_where_it_is_wanted(bad):
    assert "\033[" in bad.ctl("list", "--color=always").stdout
    assert "\033[" not in bad.ctl("list", "--color=auto").stdout
    done = bad.ctl("list", environment={"NO_COLOR": "1"})
    assert "\033[" not in done.stdout


def test_names_from_azure_cannot_reach_the_terminal(world):
    _, jitd = world([{"name": "evil\033[2J\x07name"}])
    done = jitd.ctl("list")
    assert "\033" not in done.stdout and "\x07" not in done.stdout
    assert "name" in done.stdout
