# SPDX-License-Identifier: Apache-2.0
"""The whole site: which part answers a request."""

import sys
import traceback

from azure import arm, login
from azure.admin import PREFIX, Admin
from azure.fault import faulty_response
from azure.ledger import Ledger
from azure.message import Response


class Site:
    """Login, ARM and admin behind one listener."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.ledger = Ledger()
        self.login = login.Login(scenario, self.ledger)
        self.arm = arm.Arm(scenario, self.login, self.ledger)
        self.admin = Admin(scenario, self.login, self.ledger, self)
        self.connections = set()
        self.max_streams = scenario.settings["max_streams"]
        self.requests_per_connection = \
            scenario.settings["requests_per_connection"]
        self.refuse_hook = None

    def begin(self, request, connection):
        """A whole request has come: say what it is, and count it."""
        if request.path.startswith(PREFIX):
            request.kind = "admin"
        elif login.PATH.match(request.path):
            request.kind = "login"
        else:
            arm.classify(request)
        self.ledger.begin(request)
        if request.kind != "admin" and not connection.counted:
            connection.counted = True
            self.ledger.connections += 1

    def end(self, request, status):
        """A request is over; status 0: it got no answer."""
        self.ledger.end(request, status)

    def answer(self, request):
        """Return the response to a request; never raise."""
        try:
            if request.kind == "admin":
                return self.admin.answer(request)
            if request.kind == "login":
                return self._login(request)
            return self.arm.answer(request)
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc(file=sys.stderr)
            self.ledger.errors += 1
            return Response(500, b"simulated-azure failed; see its stderr")

    def _login(self, request):
        """Answer a request to the login service, with its faults."""
        def normal():
            response = self.login.answer(request)
            response.delay = self.scenario.settings["login_delay_ms"] / 1000
            return response

        word = login.PATH.match(request.path).group(1)
        tenant = self.scenario.find_tenant(word)
        faults = self.scenario.faults + (tenant.faults if tenant else [])
        fault = next((one for one in faults if one.applies(request, 1)), None)
        if fault is None:
            response = normal()
        else:
            self.ledger.faults["login"] += 1
            response = login.status_failure(request, fault) or \
                faulty_response(fault, request, {}, normal)
        login.add_headers(request, response)
        return response

    def drop_connections(self):
        """Say GOAWAY on every HTTP/2 connection; return how many."""
        dropped = 0
        for connection in list(self.connections):
            if connection.codec.protocol == "h2":
                connection.codec.shut()
                dropped += 1
        return dropped

    def refuse(self, seconds):
        """Refuse connections for a while, once the answer is out."""
        if self.refuse_hook is not None:
            self.refuse_hook(min(seconds, 300.0))
