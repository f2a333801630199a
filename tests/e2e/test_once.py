# SPDX-License-Identifier: Apache-2.0
"""jitd --once: the audit by hand, made whole."""

import csv
import io
import json

from daemon import run_jitd


def once(jitd, *arguments):
    """Run an audit with the configuration of a jitd that does not run."""
    return run_jitd("-c", jitd.config, "--once", *arguments)


def test_all_enabled_is_0(world):
    _, jitd = world([{"name": "a"}, {"name": "b"}], start=False)
    done = once(jitd)
    assert done.returncode == 0, done.stderr
    assert "a" in done.stdout and "enabled" in done.stdout
    assert not (jitd.folder / "state.db").exists()
    assert not jitd.socket.exists()


def test_something_off_is_1(world):
    _, jitd = world([{"name": "a"},
                     {"name": "b", "answer": {"value": "Disabled"}}],
                    start=False)
    done = once(jitd, "--format", "json")
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    states = {row["name"]: row["state"] for row in document["subscriptions"]}
    assert states == {"a": "enabled", "b": "disabled"}


def test_something_unknown_is_4(world):
    _, jitd = world([{"name": "a"},
                     {"name": "b", "answer": {"fault": "forbidden"}}],
                    start=False)
    done = once(jitd, "--format", "csv")
    assert done.returncode == 4, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["name"]: row["state"] for row in rows} == \
        {"a": "enabled", "b": "unknown"}


def test_nothing_found_is_4(world):
    _, jitd = world([], start=False)
    assert once(jitd).returncode == 4


def test_a_tenant_that_cannot_be_listed_is_4_and_named(world):
    azure, jitd = world([{"name": "a"}], [{"name": "b"}], start=False)
    azure.tenant("fabrikam", rotate_secret="another")
    done = once(jitd)
    assert done.returncode == 4
    assert "fabrikam" in done.stderr
    assert "a" in done.stdout


def test_a_dead_azure_is_4_and_a_sentence(world):
    azure, jitd = world([{"name": "a"}], start=False)
    azure.stop()
    done = once(jitd)
    assert done.returncode == 4
    assert "contoso" in done.stderr


def test_failures_of_many_kinds_come_to_an_end(world):
    _, jitd = world([{"name": "a", "answer": {"fault": [
        {"status": 503, "every": 2}, {"status": 429}]}}], start=False)
    assert once(jitd).returncode == 4


def test_one_bad_moment_of_the_login_is_not_the_end(world):
    azure, jitd = world([{"name": "a"}], start=False)
    azure.fault(status=503, on="login", times=1)
    assert once(jitd).returncode == 0
