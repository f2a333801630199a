# SPDX-License-Identifier: Apache-2.0
"""What was asked of the simulated Azure: counts and the last requests."""

import collections


class Ledger:
    """Counts of requests. Nothing secret is ever kept."""

    def __init__(self):
        self.reset()

    def reset(self):
        """Begin again from nothing; what is in flight stays counted."""
        flying = getattr(self, "flying", {"arm": 0, "login": 0})
        self.flying = flying
        self.greatest = dict(flying)
        self.total = 0
        self.by_kind = collections.Counter()
        self.by_status = collections.Counter()
        self.by_protocol = collections.Counter()
        self.by_subscription = {}
        self.tokens = collections.Counter()
        self.faults = collections.Counter()
        self.unanswered = 0
        self.errors = 0
        self.connections = 0
        self.last = collections.deque(maxlen=200)

    @staticmethod
    def _group(request):
        if request.kind == "admin":
            return None
        return "login" if request.kind == "login" else "arm"

    def begin(self, request):
        """A whole request has come."""
        group = self._group(request)
        if group is None:
            return
        self.flying[group] += 1
        self.greatest[group] = max(self.greatest[group], self.flying[group])
        self.total += 1
        self.by_kind[request.kind] += 1
        self.by_protocol[request.protocol] += 1
        if request.subject is not None:
            row = self.by_subscription.get(request.subject)
            if row is None:
                row = self.by_subscription[request.subject] = \
                    collections.Counter()
            row[request.kind] += 1

    def end(self, request, status):
        """A request has its answer; status 0: it never got one."""
        group = self._group(request)
        if group is None:
            return
        self.flying[group] -= 1
        if status:
            self.by_status[str(status)] += 1
        else:
            self.unanswered += 1
        self.last.append(f"{request.method} {request.target} {status} "
                         f"{request.protocol}")

    def report(self):
        """Return everything as a JSON value."""
        return {
            "total": self.total, "by_kind": dict(self.by_kind),
            "by_status": dict(self.by_status),
            "by_protocol": dict(self.by_protocol),
            "by_subscription": {key: dict(row) for key, row
                                in self.by_subscription.items()},
            "tokens_issued": dict(self.tokens),
            "faults": dict(self.faults), "unanswered": self.unanswered,
            "errors": self.errors, "connections": self.connections,
            "in_flight": dict(self.flying),
            "greatest_in_flight": dict(self.greatest),
            "last": list(self.last)}
