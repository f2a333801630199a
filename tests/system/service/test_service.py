# SPDX-License-Identifier: Apache-2.0
"""jitd as a service of systemd's: installed, started, reloaded, killed."""

import json
import os
import pathlib
import signal
import stat
import time

import pytest
from conftest import CONFIG, TENANT, eventually, sh


def mode_of(path):
    """Return (mode, owner, group) of a file, as 'ls' would name them."""
    found = pathlib.Path(path).stat()
    return (stat.S_IMODE(found.st_mode), pathlib.Path(path).owner(),
            pathlib.Path(path).group())


def as_user(user, group, *argv, status=0):
    """Run a command as user, in no other group than this one."""
    return sh("setpriv", f"--reuid={user}", f"--regid={group}",
              "--clear-groups", *argv, status=status)


def main_pid(service):
    return int(service.show("MainPID"))


def test_units_are_sound(installed):
    sh("systemd-analyze", "verify", "--man=no", "jitd.service", "jitd.socket",
       "jitd-operator.socket")


def test_sandbox_is_as_tight_as_it_was(installed):
    sh("systemd-analyze", "security", "--threshold=11", "jitd.service")


def test_is_installed_but_not_switched_on(installed):
    sh("systemctl", "preset", "jitd.service", "jitd.socket",
       "jitd-operator.socket")
    for unit in "jitd.service", "jitd.socket", "jitd-operator.socket":
        assert sh("systemctl", "is-enabled", unit, status=1) == "disabled\n"
    assert mode_of("/etc/jitd") == (0o750, "root", "jitd")
    assert mode_of("/etc/jitd/jitd.conf.d") == (0o750, "root", "jitd")


def test_bad_configuration_fails_once_with_78(idle):
    CONFIG.write_text("[poll]\nintervall = 5min\n")
    sh("systemctl", "start", "jitd", status=1)
    time.sleep(1)
    assert idle.show("ExecMainStatus") == "78"
    assert idle.show("NRestarts") == "0"
    assert "jitd.conf:2:" in sh("journalctl", "-u", "jitd", "--no-pager")


def test_starts_and_says_what_it_does(service):
    assert service.show("ActiveState") == "active"
    eventually(lambda: "32 subscriptions" in service.show("StatusText"))
    assert 'Status: "Watching 32 subscriptions' in sh(
        "systemctl", "status", "--no-pager", "--full", "jitd")
    service.wait_told("daemon-started")
    status, body = service.get("/v1/status")
    assert status == 200
    assert json.loads(body)["subscriptions"]["enabled"] == 32


def test_files_belong_to_whom_they_should(service):
    assert mode_of("/run/jitd") == (0o755, "jitd", "jitd")
    assert mode_of("/run/jitd/jitd.sock") == (0o660, "jitd", "jitd")
    assert mode_of("/run/jitd/operator.sock") == (0o600, "jitd", "jitd")
    assert mode_of("/var/lib/jitd") == (0o700, "jitd", "jitd")
    for path in pathlib.Path("/var/lib/jitd").iterdir():
        assert mode_of(path) == (0o600, "jitd", "jitd")


def test_group_may_ask_and_others_may_not(service):
    as_user("nobody", "jitd", "jitd-ctl", "status")
    said = as_user("nobody", "nogroup", "jitd-ctl", "status", status=5)
    assert "/run/jitd/jitd.sock" in said and "group" in said
    as_user("nobody", "jitd", "jitd-ctl", "poll", "--all", status=5)


def test_change_is_told_with_all_its_fields(service):
    subscription = service.azure.id_of("payments")
    service.azure.flip("payments", "Disabled", by="someone@contoso.example")
    entry = service.wait_told("monitoring-disabled", subscription)
    told = {name: entry[name] for name in entry if name.startswith("JITD_")}
    scope = f"/subscriptions/{subscription}"
    assert told.pop("JITD_ASSIGNMENT_ID").lower() == (
        scope + "/providers/Microsoft.Authorization/policyAssignments/"
        "SecurityCenterBuiltIn").lower()
    assert int(told.pop("JITD_SEQ")) > 0
    assert told.pop("JITD_CHANGED_ON").endswith("Z")
    assert told.pop("JITD_SINCE").endswith("Z")
    assert told == {
        "JITD_EVENT": "monitoring-disabled",
        "JITD_SUBSCRIPTION_ID": subscription,
        "JITD_SUBSCRIPTION_NAME": "payments",
        "JITD_TENANT_ID": TENANT,
        "JITD_STATE": "disabled",
        "JITD_PREVIOUS_STATE": "enabled",
        "JITD_REASON": "explicit",
        "JITD_VALUE": "Disabled",
        "JITD_PREVIOUS_VALUE": "AuditIfNotExists",
        "JITD_SCOPE": scope,
        "JITD_CHANGED_BY": "someone@contoso.example",
    }
    assert entry["PRIORITY"] == "3"
    assert entry["SYSLOG_IDENTIFIER"] == "jitd"
    assert entry["_TRANSPORT"] == "journal"
    assert subscription in entry["MESSAGE"]
    assert sh("jitd-ctl", "status", status=1)


def test_catalog_explains_a_change(service):
    subscription = service.azure.id_of("web")
    service.azure.flip("web", "Disabled")
    service.wait_told("monitoring-disabled", subscription)
    said = sh("journalctl", "-x", "--no-pager", "_SYSTEMD_UNIT=jitd.service",
              f"MESSAGE_ID={service.ids['monitoring-disabled']}")
    assert f"Subject: JIT monitoring is off in subscription {subscription}" \
        in said


def test_every_change_of_many_is_told(service):
    flipped = service.azure.flip(
        [name for name in service.azure.subscriptions() if "many" in name])
    eventually(lambda: len(service.told("monitoring-disabled")) >= 30)
    told = service.told("monitoring-disabled")
    assert sorted(entry["JITD_SUBSCRIPTION_ID"] for entry in told) == \
        sorted(flipped)


def test_restart_says_nothing_twice_and_misses_nothing(service):
    payments, web = map(service.azure.id_of, ("payments", "web"))
    service.azure.flip("payments", "Disabled")
    first = service.wait_told("monitoring-disabled", payments)
    sh("systemctl", "stop", "jitd")
    service.azure.flip("web", "Disabled")
    service.start()
    second = service.wait_told("monitoring-disabled", web)
    service.wait_told("monitoring-disabled", payments, count=1)
    assert int(second["JITD_SEQ"]) > int(first["JITD_SEQ"])


def test_kill_is_followed_by_a_start_that_knows_all(service):
    payments = service.azure.id_of("payments")
    service.azure.flip("payments", "Disabled")
    service.wait_told("monitoring-disabled", payments)
    os.kill(main_pid(service), signal.SIGKILL)
    eventually(lambda: service.show("NRestarts") == "1")
    service.wait_ready()
    service.azure.flip("payments", "AuditIfNotExists")
    entry = service.wait_told("monitoring-enabled", payments)
    assert entry["JITD_PREVIOUS_STATE"] == "disabled"
    service.wait_told("monitoring-disabled", payments, count=1)


def test_watchdog_ends_one_that_hangs(service):
    os.kill(main_pid(service), signal.SIGSTOP)
    eventually(lambda: service.show("NRestarts") == "1")
    service.wait_ready()


def test_reload_takes_a_good_file(service):
    pid = main_pid(service)
    service.configure("[metrics]\nper_subscription = no\n")
    sh("systemctl", "reload", "jitd")
    service.wait_told("config-reloaded")
    assert main_pid(service) == pid
    status, body = service.get("/metrics")
    assert status == 200 and "jitd_subscription_state" not in body


def test_reload_refuses_a_bad_file_and_goes_on(service):
    pid = main_pid(service)
    service.configure("[metrics]\nper_subscription = perhaps\n")
    sh("systemctl", "reload", "jitd", status=1)
    assert service.show("ActiveState") == "active"
    os.kill(pid, signal.SIGHUP)
    entry = service.wait_told("config-rejected")
    assert "jitd.conf" in entry["MESSAGE"] and "perhaps" in entry["MESSAGE"]
    assert main_pid(service) == pid
    service.azure.flip("web", "Disabled")
    service.wait_told("monitoring-disabled")


def test_goes_on_while_the_journal_hangs(service):
    journald = int(sh("systemctl", "show", "-P", "MainPID",
                      "systemd-journald"))
    os.kill(journald, signal.SIGSTOP)
    try:
        flipped = service.azure.flip(list(service.azure.subscriptions()))
        ends = time.monotonic() + 6
        while time.monotonic() < ends:
            assert service.get("/-/healthy")[0] == 200
            time.sleep(0.2)
        assert service.show("NRestarts") == "0"
    finally:
        os.kill(journald, signal.SIGCONT)
    eventually(
        lambda: len(service.told("monitoring-disabled")) >= len(flipped))


def test_stops_in_time_and_leaves_no_socket(service):
    began = time.monotonic()
    sh("systemctl", "stop", "jitd")
    assert time.monotonic() - began < 5
    assert service.show("Result") == "success"
    assert service.show("ExecMainStatus") == "0"
    assert not pathlib.Path("/run/jitd").exists()
    service.wait_told("daemon-stopping")


@pytest.fixture
def sockets(idle):
    """The socket units, for a group of their own."""
    drop_in = pathlib.Path("/run/systemd/system/jitd.socket.d/group.conf")
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Socket]\nSocketGroup=users\n")
    sh("systemctl", "daemon-reload")
    sh("systemctl", "start", "jitd.socket", "jitd-operator.socket")
    yield pathlib.Path("/run/jitd-sockets")
    sh("systemctl", "stop", "jitd.socket", "jitd-operator.socket",
       "jitd.service")
    drop_in.unlink()
    sh("systemctl", "daemon-reload")


def test_takes_its_sockets_from_systemd(idle, sockets):
    status, operator = sockets / "jitd.sock", sockets / "operator.sock"
    sh("systemctl", "start", "jitd")
    for _ in range(2):
        eventually(lambda: idle.get("/-/ready", status)[0] == 200)
        assert mode_of(status) == (0o660, "root", "users")
        assert mode_of(operator) == (0o600, "root", "root")
        as_user("nobody", "users", "jitd-ctl", "--socket", status, "status")
        sh("jitd-ctl", "--operator-socket", operator, "poll", "--all")
        assert not pathlib.Path("/run/jitd/jitd.sock").exists()
        sh("systemctl", "restart", "jitd")
