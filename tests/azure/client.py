# SPDX-License-Identifier: Apache-2.0
"""
A client of simulated-azure, for tests and demonstrations.

    with SimulatedAzure(scenario, directory) as azure:
        azure.flip(["contoso-prod-payments"], "Disabled")
        assert azure.requests()["by_kind"]["get"] > 0
"""

import http.client
import json
import os
import ssl
import subprocess
import time
import urllib.parse

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "simulated-azure")


class AzureError(Exception):
    """The simulated Azure did not start, or refused an admin request."""


class SimulatedAzure:
    """
    Runs simulated-azure as a child. `scenario` is a dict, or the path of a
    file; `directory` gets ca.pem, ports.json, azure.log and, for a dict,
    scenario.json.
    """

    def __init__(self, scenario, directory, port=0, plain=False,
                 lifetime=600):
        self.directory = os.path.abspath(str(directory))
        self.given = scenario
        self.options = ["--port", str(port), "--lifetime", str(lifetime)]
        if plain:
            self.options.append("--plain")
        self.child = None
        self.ports = {}
        self.context = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self, timeout=20.0):
        """Start it, and return when it listens."""
        os.makedirs(self.directory, exist_ok=True)
        path = self.given
        if isinstance(path, dict):
            path = os.path.join(self.directory, "scenario.json")
            with open(path, "w", encoding="utf-8") as out:
                json.dump(self.given, out, indent=1)
        ports = os.path.join(self.directory, "ports.json")
        if os.path.exists(ports):
            os.unlink(ports)
        with open(os.path.join(self.directory, "azure.log"), "ab") as log:
            self.child = subprocess.Popen(
                [PROGRAM, "--scenario", str(path), "--dir", self.directory] +
                self.options, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        ends = time.monotonic() + timeout
        while not os.path.exists(ports):
            if self.child.poll() is not None or time.monotonic() > ends:
                self.stop()
                raise AzureError("simulated-azure did not start: " +
                                 self.log()[-2000:])
            time.sleep(0.02)
        with open(ports, encoding="utf-8") as text:
            self.ports = json.load(text)
        self.context = ssl.create_default_context(cafile=self.ca_file)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        return self

    def stop(self):
        """End it; a second call does nothing."""
        if self.child is None:
            return
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.child = None

    def log(self):
        """Return what it wrote to stdout and stderr."""
        with open(os.path.join(self.directory, "azure.log"),
                  encoding="utf-8", errors="replace") as text:
            return text.read()

    @property
    def port(self):
        """Return the port of TLS."""
        return self.ports["https"]

    @property
    def ca_file(self):
        """Return the file of the certificate authority."""
        return self.ports["ca_file"]

    @property
    def arm_endpoint(self):
        """Return the address of ARM, https://localhost:N."""
        return self.ports["arm_endpoint"]

    @property
    def authority_host(self):
        """Return the address of the login service."""
        return self.ports["authority_host"]

    @property
    def plain_endpoint(self):
        """Return the address of plain http; only with plain=True."""
        return self.ports["plain_endpoint"]

    @property
    def tenants(self):
        """Return {name: {"tenant_id", "clients"}}; no secrets."""
        rows = self.admin("GET", "tenants")["tenants"]
        return {row["name"]: row for row in rows}

    def admin(self, method, path, body=None, timeout=20.0):
        """Send one admin request and return the JSON of its answer."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=self.context, timeout=timeout)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, "/admin/" + path, data,
                               {"Connection": "close"})
            response = connection.getresponse()
            text = response.read().decode("utf-8")
        finally:
            connection.close()
        if response.status != 200:
            raise AzureError(f"{method} {path}: {response.status} {text}")
        return json.loads(text)

    def subscriptions(self):
        """Return {name: row}; a row has id, tenant, state, answer, ..."""
        rows = self.admin("GET", "subscriptions")["subscriptions"]
        return {row["name"]: row for row in rows}

    def id_of(self, name):
        """Return the id of a subscription."""
        return self.admin("GET", _path(name))["id"]

    def answer(self, name, **answer):
        """Merge an answer in: answer("contoso-dev", value="Disabled")."""
        return self.admin("POST", _path(name), answer)

    def flip(self, subscriptions=None, value="Disabled", count=None,
             tenant=None, by=None):
        """Give these (or `count`) subscriptions a value; return their ids."""
        body = {"value": value}
        if subscriptions is not None:
            body["subscriptions"] = [subscriptions] \
                if isinstance(subscriptions, str) else list(subscriptions)
        for key, word in (("count", count), ("tenant", tenant), ("by", by)):
            if word is not None:
                body[key] = word
        return self.admin("POST", "flip", body)["flipped"]

    def fault(self, **fault):
        """Add a global fault: fault(status=503), fault(kind="hang")."""
        return self.admin("POST", "fault", fault)

    def clear_fault(self):
        """Take all global faults away."""
        self.admin("DELETE", "fault")

    def tenant(self, name, **change):
        """Change a tenant: tenant("contoso", expire_tokens=True)."""
        return self.admin("POST", "tenants/" + name, change)

    def add(self, tenant, name, **subscription):
        """Add a subscription; return its row."""
        return self.admin("POST", "subscriptions", {
            "tenant": tenant, "name": name, **subscription})

    def remove(self, name):
        """Remove a subscription."""
        self.admin("DELETE", _path(name))

    def requests(self):
        """Return the counts of requests."""
        return self.admin("GET", "requests")

    def reset_requests(self):
        """Set the counts of requests to nothing."""
        self.admin("POST", "reset-requests")

    def goaway(self):
        """Say GOAWAY on every HTTP/2 connection."""
        return self.admin("POST", "goaway")["closed"]

    def wait_for(self, condition, timeout=10.0):
        """Wait until condition(requests()) is true; return the counts."""
        ends = time.monotonic() + timeout
        while True:
            counts = self.requests()
            if condition(counts):
                return counts
            if time.monotonic() > ends:
                raise AzureError("waited in vain: " + json.dumps(
                    {key: counts[key] for key in ("total", "by_kind",
                                                  "by_status")}))
            time.sleep(0.05)


def _path(name):
    return "subscriptions/" + urllib.parse.quote(name, safe="")
