# SPDX-License-Identifier: Apache-2.0
"""Requests to simulated-azure by the curl program, over real TLS."""

import json
import subprocess
import urllib.parse

MARK = "\n--end-of-body-- "
VERSION = "2025-01-01"
ASSIGNMENTS = "/providers/Microsoft.Authorization/policyAssignments"
EXEMPTIONS = "/providers/Microsoft.Authorization/policyExemptions"
NAME = "SecurityCenterBuiltIn"


class Answer:
    """What curl got; `exit` is its exit status, 0 for a whole answer."""

    def __init__(self, done):
        out, _, tail = done.stdout.rpartition(MARK.encode("ascii"))
        words = tail.decode("ascii").split()
        self.exit = done.returncode
        self.status = int(words[0])
        self.version = words[1]
        self.seconds = float(words[2])
        head, _, self.body = out.partition(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100"):
            head, _, self.body = self.body.partition(b"\r\n\r\n")
        self.headers = {}
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()

    @property
    def json(self):
        """Return the JSON of the body."""
        return json.loads(self.body)

    @property
    def code(self):
        """Return the code of an error of ARM."""
        return self.json["error"]["code"]


class Curl:
    """A client of one simulated Azure, with one protocol."""

    def __init__(self, azure, protocol="--http2"):
        self.azure = azure
        self.protocol = protocol
        self.token = None

    def ask(self, url, *options, token=None, timeout=20):
        """Send one request; `url` may be a path."""
        if url.startswith("/"):
            url = self.azure.arm_endpoint + url
        token = token or self.token
        if token:
            options += ("-H", "Authorization: Bearer " + token)
        return Answer(subprocess.run(
            ["curl", "-q", "-s", "-i", "-g", "--noproxy", "*", self.protocol,
             "--cacert", self.azure.ca_file, "-m", str(timeout),
             "-w", MARK + "%{http_code} %{http_version} %{time_total}",
             *options, url], stdout=subprocess.PIPE, check=False))

    def login(self, tenant_id, **form):
        """Ask for a token; return the answer."""
        given = {"grant_type": "client_credentials",
                 "scope": self.azure.arm_endpoint + "/.default", **form}
        data = urllib.parse.urlencode(
            {key: value for key, value in given.items()
             if value is not None})
        return self.ask(f"/{tenant_id}/oauth2/v2.0/token", "-d", data)

    def sign_in(self, tenant_id, client, secret):
        """Log in, and keep the token for later requests."""
        answer = self.login(tenant_id, client_id=client,
                            client_secret=secret)
        assert answer.status == 200, answer.body
        self.token = answer.json["access_token"]
        return self.token

    def get(self, subscription, version=VERSION, **more):
        """GET SecurityCenterBuiltIn of a subscription."""
        return self.ask(f"/subscriptions/{subscription}{ASSIGNMENTS}/{NAME}"
                        f"?api-version={version}", **more)

    def list(self, subscription, wish="$filter=atScope()", **more):
        """LIST the assignments that reach a subscription."""
        return self.ask(f"/subscriptions/{subscription}{ASSIGNMENTS}"
                        f"?api-version={VERSION}&{wish}", **more)

    def pages(self, url):
        """Return the pages of a listing, by following nextLink."""
        pages = []
        while url and len(pages) < 50:
            answer = self.ask(url)
            assert answer.status == 200, answer.body
            pages.append(answer.json)
            url = answer.json.get("nextLink")
        return pages
