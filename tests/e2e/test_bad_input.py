# SPDX-License-Identifier: Apache-2.0
"""What bad input gets: the last state stays, and a sentence says why."""

import pytest

from daemon import wait_until

FAULTS = {
    "unauthorized": ({"status": 401, "code": "InvalidAuthenticationToken"},
                     "credential"),
    "other-tenant": ({"status": 401,
                      "code": "InvalidAuthenticationTokenTenant"},
                     "tenant_mismatch"),
    "forbidden": ("forbidden", "forbidden"),
    "gone": ({"status": 404, "code": "SubscriptionNotFound"}, "not_found"),
    "throttled": ("throttled", "throttled"),
    "server": ({"status": 503}, "server"),
    "timeout-408": ({"status": 408}, "server"),
    "teapot": ({"status": 418}, "invalid"),
    "redirect": ("redirect", "invalid"),
    "empty": ("empty", "invalid"),
    "html": ("html", "invalid"),
    "junk": ("junk", "invalid"),
    "cut-json": ("cut-json", "invalid"),
    "deep": ("deep", "invalid"),
    "huge": ("huge", "invalid"),
    "nul": ("nul", "invalid"),
    "invalid-utf8": ("invalid-utf8", "invalid"),
    "not-object": ("not-object", "invalid"),
}

# These take the connection with them, and whatever else is on it.
ALONE = {
    "hang": ({"kind": "hang", "seconds": 30}, "timeout"),
    "close": ("close", "network"),
    "reset": ("reset", "network"),
}


def test_each_error_has_its_class_and_changes_nothing(world):
    azure, jitd = world(
        [{"name": name} for name in FAULTS],
        sections={"poll": {"timeout": "3s", "max_in_flight": 100}})
    before = jitd.last_seq()
    for name, (fault, _) in FAULTS.items():
        azure.answer(name, fault=fault)
    rows = {}

    def all_are_seen():
        rows.update(jitd.subscriptions())
        return all(row["error"] and row["error"]["class"] == FAULTS[name][1]
                   for name, row in rows.items())

    try:
        wait_until(all_are_seen, 30)
    except AssertionError:
        pass
    for name, (fault, expected) in FAULTS.items():
        row = rows[name]
        assert row["error"] and row["error"]["class"] == expected, \
            (name, row["error"])
        assert row["state"] == "enabled", name
        assert row["reason"] == "explicit", name
        assert row["error"]["message"], name
        assert len(row["error"]["message"].encode()) <= 300
        assert row["error"]["since"] and row["error"]["count"] >= 1
    assert jitd.changes(after=before) == []


@pytest.mark.parametrize("name", ALONE)
def test_no_whole_answer(world, name):
    azure, jitd = world([{"name": "a"}], sections={"poll": {"timeout": "1s"}})
    azure.answer("a", fault=ALONE[name][0])
    row = wait_until(lambda: (row := jitd.subscription("a"))["error"] and row)
    assert row["error"]["class"] == ALONE[name][1]
    assert row["error"]["http_status"] is None
    assert row["state"] == "enabled"


@pytest.mark.parametrize("kind", ["huge", "deep", "nul", "junk", "cut-json"])
def test_a_list_that_makes_no_sense_is_no_absence(world, kind):
    _, jitd = world([{"name": "a", "answer": {
        "assignment": "missing",
        "fault": {"kind": kind, "bytes": 20000000, "on": "list"}}}])
    row = jitd.subscription("a")
    assert row["state"] == "unknown"
    assert row["error"]["class"] == "invalid"


def test_a_next_link_to_another_host_is_not_followed(world):
    _, jitd = world([{"count": 5, "prefix": "s-"}], start=False,
                    faults=[{"kind": "foreign-nextlink", "on": "discovery"}],
                    page_size=2)
    jitd.start(ready=False)
    wait_until(lambda: "another" in jitd.log() or "nextLink" in jitd.log(),
               what="the sentence")
    assert jitd.status()["subscriptions"]["total"] == 0
    assert jitd.get("/-/ready")[0] == 503


def test_a_listing_without_end_is_given_up(world):
    azure, jitd = world([{"count": 5, "prefix": "s-"}], start=False,
                        faults=[{"kind": "nextlink-loop",
                                 "on": "discovery"}], page_size=2)
    jitd.start(ready=False)
    wait_until(lambda: "cannot be listed" in jitd.log(), what="the sentence")
    assert azure.requests()["by_kind"]["discovery"] < 50


@pytest.mark.parametrize("token", ["two words", "with\x01control",
                                   "t\u00f6ken", ""])
def test_a_token_that_is_none_is_never_sent(world, token):
    azure, jitd = world([{"name": "a"}], start=False)
    path = jitd.folder / "token"
    path.write_text(token)
    path.chmod(0o600)
    jitd.configure(**{"tenant contoso": {
        "credential": "access-token", "access_token_file": path,
        "client_id": None, "client_secret_file": None}})
    jitd.start(ready=False)
    event = wait_until(lambda: jitd.events("credential-failed"))[0]
    assert str(path) in event["message"]
    assert azure.requests()["total"] == 0
    credential = jitd.status()["tenants"][0]["credential"]
    assert credential["state"] == "failed" and credential["error"]


def test_a_body_that_is_cut_is_read_again(world):
    azure, jitd = world([{"name": "a"}])
    azure.answer("a", fault={"kind": "cut", "times": 1})
    jitd.wait_passes(2)
    row = jitd.subscription("a")
    assert row["state"] == "enabled" and row["error"] is None
