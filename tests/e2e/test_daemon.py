# SPDX-License-Identifier: Apache-2.0
"""The daemon: configuration, signals, state, a second instance."""

import os
import signal
import socket

from daemon import Jitd, run_jitd, wait_until


def test_a_wrong_configuration_is_one_sentence_and_78(world, tmp_path):
    _, jitd = world([{"name": "a"}], start=False)
    assert run_jitd("-c", jitd.config, "--check-config").returncode == 0
    jitd.config.write_text("[poll]\ninterval = soon\n")
    for arguments in (["--check-config"], ["--print-config"], ["--once"], []):
        done = run_jitd("-c", str(jitd.config), *arguments)
        assert done.returncode == 78
        assert f"{jitd.config}:2: interval = soon" in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""


def test_wrong_usage_is_2():
    assert run_jitd("--nonsense").returncode == 2
    assert run_jitd("argument").returncode == 2
    assert run_jitd("--format", "csv").returncode == 2
    assert run_jitd("--help").returncode == 0
    assert run_jitd("--version").stdout.startswith("jitd ")


def test_print_config_shows_defaults_and_no_secret(world):
    _, jitd = world([{"name": "a"}], start=False)
    done = run_jitd("-c", jitd.config, "--print-config")
    assert done.returncode == 0
    assert "heartbeat = 1h\n" in done.stdout
    assert "secret+/=" not in done.stdout


def test_sigterm_ends_it_well_and_removes_its_sockets(world):
    _, jitd = world([{"name": "a"}])
    assert jitd.stop() == 0
    assert not jitd.socket.exists() and not jitd.operator.exists()
    assert "jitd stops" in jitd.log()


def test_sighup_takes_a_good_file_and_refuses_a_bad_one(world):
    azure, jitd = world([{"name": "a"}, {"name": "b"}])
    excluded = azure.id_of("b")
    jitd.configure(**{"tenant contoso": {"exclude": excluded}})
    jitd.signal(signal.SIGHUP)
    wait_until(lambda: jitd.events("config-reloaded"))
    wait_until(lambda: "b" not in jitd.subscriptions())
    assert jitd.events("subscription-lost")[0]["subscription_id"] == excluded

    jitd.config.write_text("[poll]\nnonsense = 1\n")
    jitd.signal(signal.SIGHUP)
    event = wait_until(lambda: jitd.events("config-rejected"))[0]
    assert f"{jitd.config}:2: no such key in [poll]: nonsense" in \
        event["message"]
    jitd.wait_passes()
    assert list(jitd.subscriptions()) == ["a"]


def test_a_reload_changes_the_interval(world):
    azure, jitd = world([{"name": "a"}],
                        sections={"poll": {"interval": "1h"}})
    azure.flip(["a"], "Disabled")
    jitd.configure(poll={"interval": "1s"})
    assert jitd.post("/v1/reload")[0] == 200
    jitd.wait_state("a", "disabled")


def test_a_reload_judges_unchanged_documents_anew(world):
    _, jitd = world([{"name": "a", "answer": {"parameters": "empty"}}])
    jitd.wait_passes()
    assert jitd.subscription("a")["state"] == "enabled"
    jitd.configure(policy={"unset": "disabled"})
    assert jitd.post("/v1/reload")[0] == 200
    row = jitd.wait_state("a", "disabled")
    assert (row["reason"], row["caveats"]) == ("default", ["unset"])


def test_sigusr1_polls_everything_now(world):
    azure, jitd = world([{"name": "a"}],
                        sections={"poll": {"interval": "1h"}})
    azure.flip(["a"], "Disabled")
    jitd.signal(signal.SIGUSR1)
    jitd.wait_state("a", "disabled")


def test_a_second_one_on_the_same_state_is_refused(world, tmp_path):
    azure, jitd = world([{"name": "a"}])
    folder = tmp_path / "second"
    folder.mkdir()
    second = Jitd(folder, azure,
                  store={"path": jitd.folder / "state.db"})
    done = run_jitd("-c", second.config)
    assert done.returncode == 1
    assert "state.db" in done.stderr
    assert jitd.get("/-/healthy")[0] == 200


def test_a_damaged_state_is_set_aside(world):
    azure, jitd = world([{"name": "a", "answer": {"value": "Disabled"}}])
    jitd.wait_state("a", "disabled")
    assert jitd.stop() == 0
    state = jitd.folder / "state.db"
    state.write_bytes(b"no database at all\n" * 500)
    jitd.start()
    event = jitd.events("state-quarantined")[0]
    assert "state.db.damaged-" in event["message"]
    jitd.wait_state("a", "disabled")
    assert jitd.changes()


def test_a_newer_state_is_left_alone(world):
    _, jitd = world([{"name": "a"}])
    assert jitd.stop() == 0
    import sqlite3
    with sqlite3.connect(jitd.folder / "state.db") as base:
        base.execute("PRAGMA user_version = 9999")
    base.close()
    before = (jitd.folder / "state.db").read_bytes()
    done = run_jitd("-c", jitd.config)
    assert done.returncode == 1 and "newer" in done.stderr
    assert (jitd.folder / "state.db").read_bytes() == before


def test_it_tells_the_service_manager(world):
    _, jitd = world([{"name": "a"}], start=False)
    path = jitd.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(10)
        os.environ["NOTIFY_SOCKET"] = str(path)
        os.environ["WATCHDOG_USEC"] = "2000000"
        try:
            jitd.start()
        finally:
            del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
        said = ""
        while "READY=1" not in said or "WATCHDOG=1" not in said:
            said += manager.recv(4096).decode() + "\n"
        assert "STATUS=" in said
        jitd.signal(signal.SIGHUP)
        while "RELOADING=1" not in said:
            said += manager.recv(4096).decode() + "\n"
        assert "MONOTONIC_USEC=" in said
        jitd.signal(signal.SIGTERM)
        while "STOPPING=1" not in said:
            said += manager.recv(4096).decode() + "\n"


def test_include_needs_no_listing(world):
    azure, jitd = world([{"name": "a"}, {"name": "b"}], start=False)
    only = azure.id_of("b")
    jitd.configure(**{"tenant contoso": {"include": only.upper()}})
    jitd.start()
    assert [row["subscription_id"] for row in
            jitd.subscriptions().values()] == [only]
    assert azure.requests()["by_kind"].get("discovery", 0) == 0


def test_a_management_group_bounds_what_is_watched(world):
    _, jitd = world(
        [{"name": "in", "management_group": "mg1"}, {"name": "out"}],
        start=False,
        management_groups=[{"id": "mg1", "tenant": "contoso"}])
    jitd.configure(**{"tenant contoso": {"management_group": "mg1"}})
    jitd.start()
    assert list(jitd.subscriptions()) == ["in"]


def test_states_that_are_gone_are_not_polled(world):
    _, jitd = world([{"name": state, "state": state} for state in
                     ("Enabled", "Warned", "PastDue", "Disabled",
                      "Deleted")])
    assert set(jitd.subscriptions()) == {"Enabled", "Warned", "PastDue",
                                         "Disabled"}


def test_one_seen_by_two_tenants_belongs_to_its_own(world):
    _, jitd = world([{"name": "shared", "also_visible_to": ["fabrikam"]}],
                    [{"name": "own"}])
    rows = jitd.subscriptions()
    assert set(rows) == {"shared", "own"}
    assert rows["shared"]["tenant"] == "contoso"


def test_without_a_subscription_there_is_a_heartbeat_all_the_same(world):
    _, jitd = world([])
    wait_until(lambda: jitd.events("pass-completed"))
    assert jitd.status()["last_pass"]["polled"] == 0
    assert jitd.ctl("list").returncode == 4


def test_a_tenant_that_is_renamed_keeps_its_subscriptions(world):
    azure, jitd = world([{"name": "a"}], start=False)
    only = azure.id_of("a")
    jitd.configure(**{"tenant contoso": {"include": only}})
    jitd.start()
    jitd.sections["tenant renamed"] = jitd.sections.pop("tenant contoso")
    jitd.configure()
    assert jitd.post("/v1/reload")[0] == 200
    wait_until(lambda: [row["tenant"] for row in
                        jitd.subscriptions().values()] == ["renamed"])
    jitd.wait_state(only, "enabled")
    before = jitd.last_seq()
    jitd.restart()
    assert only in jitd.subscriptions()
    assert jitd.events("subscription-found", after=before) == []


def test_a_reload_of_the_same_keeps_the_tokens(world):
    azure, jitd = world([{"name": "a"}])
    for _ in range(5):
        assert jitd.post("/v1/reload")[0] == 200
    jitd.wait_passes()
    assert azure.requests()["tokens_issued"]["contoso"] == 1
    assert len(jitd.events("config-reloaded")) == 5
