# SPDX-License-Identifier: Apache-2.0
"""What the tests of the service share; run in the container only."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

import pytest

BOOTED = "JITD_BOOTED" in os.environ
IO = pathlib.Path(__file__).resolve().parents[1]
CONFIG = pathlib.Path("/etc/jitd/jitd.conf")
SECRET = "a+b/c~d=e&f%20g"
TENANT = "11111111-aaaa-4aaa-8aaa-000000000001"
CLIENT = "33333333-cccc-4ccc-8ccc-000000000003"
SCENARIO = {
    "tenants": [{
        "name": "contoso", "tenant_id": TENANT, "clients": {CLIENT: SECRET},
        "subscriptions": [{"name": "payments"}, {"name": "web"},
                          {"count": 30, "prefix": "many-"}]}],
}
# The unit waits longer than a test should.
HURRY = """\
[Service]
WatchdogSec=3s
RestartSec=500ms
"""

if BOOTED:
    sys.path.insert(0, str(IO / "azure"))
    from client import SimulatedAzure  # noqa: E402


def pytest_ignore_collect():
    """These tests start and stop services: never those of the host."""
    return None if BOOTED else True


def pytest_terminal_summary(terminalreporter):
    """Close with one line of the form that all our tests close with."""
    stats = terminalreporter.stats
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.write_line(
        f"system, in a booted systemd: {len(stats.get('passed', []))} passed, "
        f"{failed} failed")


def sh(*argv, status=0):
    """Run a command that must end with `status`, return what it said."""
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=60, check=False)
    assert status in (done.returncode, None), \
        f"{' '.join(map(str, argv))} ended with {done.returncode}: " \
        f"{done.stdout}"
    return done.stdout


def eventually(condition, seconds=20.0):
    """Return what condition() returns once that is something."""
    ends = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < ends, \
            f"waited {seconds:g} s in vain; the journal says:\n" + \
            sh("journalctl", "-u", "jitd", "-n", "30", "--no-pager")
        time.sleep(0.1)


class Service:
    """jitd.service, as an administrator has it before him."""

    def __init__(self, azure):
        self.azure = azure
        rows = re.findall(r'EVENT\(\w+,\s*"([\w-]+)",\s*\d,\s*"([0-9a-f]+)"',
                          (IO / "events.def").read_text())
        self.ids = dict(rows)

    def configure(self, more=""):
        """Write a configuration for the simulated Azure."""
        CONFIG.write_text(f"""\
[poll]
interval = 1s
confirm = 0
discovery_interval = 2s
[azure]
cloud = custom
arm_endpoint = {self.azure.arm_endpoint}
authority_host = {self.azure.authority_host}
audience = {self.azure.arm_endpoint}
ca_file = {self.azure.ca_file}
[tenant contoso]
tenant_id = {TENANT}
client_id = {CLIENT}
credential = client-secret
client_secret_file = /run/credentials/jitd.service/jitd.client-secret
{more}""")

    def start(self):
        """Start it, and wait until it has tried every subscription."""
        sh("systemctl", "start", "jitd")
        self.wait_ready()

    @staticmethod
    def wait_ready():
        """Wait until the endpoint says that it is ready."""
        eventually(lambda: Service.get("/-/ready")[0] == 200)

    @staticmethod
    def get(path, socket="/run/jitd/jitd.sock"):
        """Return (HTTP status or 0, body) of a path of the endpoint."""
        done = subprocess.run(
            ["curl", "-s", "-m", "5", "-w", "\n%{http_code}",
             "--unix-socket", socket, f"http://jitd{path}"],
            stdout=subprocess.PIPE, text=True, check=False)
        body, _, code = done.stdout.rpartition("\n")
        return int(code), body

    @staticmethod
    def show(name):
        """Return a property of the unit."""
        return sh("systemctl", "show", "-P", name, "jitd").strip()

    def told(self, event, subscription=None):
        """Return the journal's entries of an event, the oldest first."""
        match = [f"MESSAGE_ID={self.ids[event]}",
                 "_SYSTEMD_UNIT=jitd.service"]
        if subscription:
            match.append(f"JITD_SUBSCRIPTION_ID={subscription}")
        lines = sh("journalctl", "-q", "-o", "json", "--all", *match)
        return [json.loads(line) for line in lines.splitlines()]

    def wait_told(self, event, subscription=None, count=1):
        """Wait for so many entries of an event, and return the last."""
        eventually(lambda: len(self.told(event, subscription)) >= count)
        told = self.told(event, subscription)
        assert len(told) == count
        return told[-1]


@pytest.fixture(scope="session")
def azure():
    """The simulated Azure beside the service."""
    with SimulatedAzure(SCENARIO, "/run/azure", lifetime=600) as running:
        sh("chmod", "-R", "a+rX", "/run/azure")
        yield running


@pytest.fixture(scope="session")
def installed():
    """What a package does after it has put its files in place."""
    sh("systemd-sysusers")
    sh("systemd-tmpfiles", "--create", "jitd.conf")
    sh("journalctl", "--update-catalog")
    store = pathlib.Path("/etc/credstore")
    store.mkdir(mode=0o700, exist_ok=True)
    secret = store / "jitd.client-secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    drop_in = pathlib.Path("/run/systemd/system/jitd.service.d/hurry.conf")
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text(HURRY)
    sh("systemctl", "daemon-reload")


@pytest.fixture
def idle(azure, installed):  # pylint: disable=redefined-outer-name,unused-argument
    """The service, configured and never started; all monitoring is on."""
    made = Service(azure)
    made.azure.flip(list(azure.subscriptions()), "AuditIfNotExists")
    made.configure()
    yield made
    sh("systemctl", "stop", "jitd.service")
    sh("systemctl", "reset-failed", "jitd.service", status=None)
    sh("systemctl", "clean", "--what=state", "jitd.service")
    sh("journalctl", "--rotate")
    sh("journalctl", "-q", "--vacuum-time=1us")


@pytest.fixture
def service(idle):  # pylint: disable=redefined-outer-name
    """The service, started and ready."""
    idle.start()
    return idle
