# SPDX-License-Identifier: Apache-2.0
"""
The real jitd and jitd-ctl in a folder of their own, against a simulated Azure.
"""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

BUILD = pathlib.Path(os.environ.get("JITD_BUILD", "build"))

# Short enough for tests, long enough not to poll without pause.
POLL = {"interval": "1s", "discovery_interval": "5s", "timeout": "5s",
        "max_rate": "0", "confirm_delay": "100ms", "stale_after": "1h"}


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout=10):
        super().__init__("jitd", timeout=timeout)
        self.path = str(path)

    def connect(self):
        """Connect to the socket instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def wait_until(condition, timeout=15, what="the condition"):
    """Return the first true value of condition(); fail after timeout."""
    ends = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < ends, f"waited in vain for {what}"
        time.sleep(0.03)


class Jitd:
    """One jitd; its state stays over start() and stop()."""

    def __init__(self, folder, azure, **sections):
        self.folder = pathlib.Path(folder)
        self.azure = azure
        self.socket = self.folder / "jitd.sock"
        self.operator = self.folder / "operator.sock"
        self.config = self.folder / "jitd.conf"
        self.log_path = self.folder / "jitd.log"
        self.child = None
        self.sections = {
            "poll": dict(POLL),
            "azure": {"cloud": "custom", "arm_endpoint": azure.arm_endpoint,
                      "authority_host": azure.authority_host,
                      "ca_file": azure.ca_file, "proxy": "none"},
            "control": {"socket": self.socket,
                        "operator_socket": self.operator},
            "store": {"path": self.folder / "state.db"},
            "log": {"target": "stderr", "level": "debug"},
        }
        for name, tenant in azure.tenants.items():
            self.sections[f"tenant {name}"] = self.credential(name, tenant)
        self.configure(**sections)

    def credential(self, name, tenant):
        """Return the keys of a tenant with its client secret in a file."""
        path = self.folder / f"{name}.secret"
        if not path.exists():
            path.write_text(f"{name}~secret+/=\n")
            path.chmod(0o600)
        return {"tenant_id": tenant["tenant_id"],
                "credential": "client-secret",
                "client_id": next(iter(tenant["clients"])),
                "client_secret_file": path}

    def configure(self, **sections):
        """Merge keys into sections and write the file; None drops a key."""
        for section, keys in sections.items():
            if keys is None:
                self.sections.pop(section, None)
                continue
            merged = {**self.sections.get(section, {}), **keys}
            self.sections[section] = {
                key: value for key, value in merged.items()
                if value is not None}
        self.config.write_text("".join(
            f"[{section}]\n" +
            "".join(f"{key} = {value}\n" for key, value in keys.items())
            for section, keys in self.sections.items()))

    def start(self, ready=True):
        """Start it; and return once every subscription was tried."""
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                [BUILD / "jitd", "-c", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.answers, what="jitd to answer")
        if ready:
            self.wait_ready()
        return self

    def answers(self):
        """Whether the endpoint answers; fail where jitd has ended."""
        assert self.child.poll() is None, self.log()
        try:
            return self.get("/-/healthy")[0] == 200
        except OSError:
            return False

    def wait_ready(self):
        """Wait until every subscription was tried."""
        wait_until(lambda: self.get("/-/ready")[0] == 200, 30, "readiness")

    def stop(self):
        """Stop it as systemd would; return its exit status."""
        if self.child is None:
            return None
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            status = self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise
        self.child = None
        return status

    def kill(self):
        """Kill it without a word."""
        self.child.kill()
        self.child.wait()
        self.child = None

    def restart(self):
        """Stop and start it."""
        assert self.stop() == 0, self.log()
        return self.start()

    def signal(self, number):
        """Send it a signal."""
        self.child.send_signal(number)

    def log(self):
        """Return what it wrote to stderr so far."""
        return self.log_path.read_text(errors="replace")

    def request(self, method, path, body=None, operator=False, raw=False):
        """Return the status and the document (or the raw text)."""
        connection = UnixConnection(self.operator if operator
                                    else self.socket)
        try:
            data = None
            if body is not None:
                data = body if isinstance(body, (bytes, str)) \
                    else json.dumps(body)
            connection.request(method, path, data)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        return answer.status, text if raw else json.loads(text)

    def get(self, path, **options):
        """GET from the readers' socket."""
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        """POST to the operator's socket."""
        return self.request("POST", path, body, operator=True, **options)

    def status(self):
        """Return GET /v1/status."""
        return self.get("/v1/status")[1]

    def subscriptions(self):
        """Return all subscriptions by name (by id where there is none)."""
        rows = {}
        for row in self.pages("subscriptions"):
            rows[row["name"] or row["subscription_id"]] = row
        return rows

    def pages(self, what, after=None):
        """Return the rows of all pages of a listing."""
        rows = []
        while True:
            query = "" if after is None else f"&after={after}"
            page = self.get(f"/v1/{what}?limit=1000{query}")[1]
            rows += page[what]
            after = page["next"]
            if after is None:
                return rows

    def subscription(self, name):
        """Return the whole object of one subscription by its name."""
        found = self.subscriptions()[name]["subscription_id"]
        return self.get("/v1/subscriptions/" + found)[1]

    def events(self, *kinds, after=0):
        """Return all events, or those of some kinds."""
        rows = self.pages("events", after)
        return [row for row in rows if not kinds or row["event"] in kinds]

    def changes(self, after=0):
        """Return the events that tell of a change of state."""
        return self.events("monitoring-disabled", "monitoring-absent",
                           "monitoring-enabled", "monitoring-changed",
                           after=after)

    def last_seq(self):
        """Return the number of the last event."""
        rows = self.events()
        return rows[-1]["seq"] if rows else 0

    def wait_state(self, name, state, timeout=15):
        """Wait until a subscription is in a state; return its object."""
        return wait_until(
            lambda: (row := self.subscriptions().get(name)) and
            row["state"] == state and row, timeout, f"{name} {state}")

    def wait_passes(self, count=1):
        """Wait until so many more passes were completed."""
        for _ in range(count):
            before = self.status()["last_pass"]["completed_at"]
            wait_until(lambda: self.status()["last_pass"]["completed_at"] !=
                       before, 20, "a pass")

    def ctl(self, *argv, environment=None):
        """Run jitd-ctl; return the finished process."""
        return subprocess.run(
            [BUILD / "jitd-ctl", "--socket", self.socket,
             "--operator-socket", self.operator, *argv],
            check=False, text=True, capture_output=True, timeout=60,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})})


def run_jitd(*argv, timeout=60):
    """Run jitd to its end; return the finished process."""
    return subprocess.run([BUILD / "jitd", *argv], check=False, text=True,
                          capture_output=True, timeout=timeout,
                          stdin=subprocess.DEVNULL)
