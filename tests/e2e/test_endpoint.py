# SPDX-License-Identifier: Apache-2.0
"""The status endpoint, as curl and Prometheus see it."""

import json
import re
import socket
import stat
import subprocess
import time

import pytest

from daemon import UnixConnection, wait_until

SUBSCRIPTION_KEYS = {
    "subscription_id", "name", "tenant", "tenant_id", "subscription_state",
    "state", "reason", "value", "caveats", "assignment", "changed_by",
    "changed_on", "since", "checked_at", "next_poll_at", "stale", "error",
    "muted", "previous"}
EVENT_KEYS = {
    "seq", "time", "event", "priority", "message_id", "message",
    "subscription_id", "subscription_name", "tenant_id", "state",
    "previous_state", "reason", "value", "previous_value", "caveats",
    "assignment_id", "scope", "changed_by", "changed_on", "error_class",
    "http_status", "error_code", "correlation_id", "count", "since"}
NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(name="small", scope="module")
def fixture_small(tmp_path_factory):
    """One jitd over five subscriptions, one off, shared by the reads."""
    from client import SimulatedAzure
    from conftest import scenario
    from daemon import Jitd

    folder = tmp_path_factory.mktemp("endpoint")
    rows = [{"name": name} for name in "abcd"]
    rows.append({"name": "off", "answer": {"value": "Disabled"}})
    with SimulatedAzure(scenario(rows), folder / "azure") as azure:
        jitd = Jitd(folder, azure, control={"max_followers": 3}).start()
        jitd.wait_state("off", "disabled")
        yield jitd
        assert jitd.stop() == 0


def test_status_has_every_key(small):
    status, document = small.get("/v1/status")
    assert status == 200
    assert set(document) == {"schema_version", "version", "started_at",
                             "ready", "subscriptions", "last_pass",
                             "tenants"}
    assert document["schema_version"] == 1 and document["ready"] is True
    tenant = document["tenants"][0]
    assert set(tenant) == {"name", "tenant_id", "subscriptions",
                           "discovered_at", "credential"}
    assert tenant["subscriptions"] == 5
    assert set(tenant["credential"]) == {"kind", "client_id", "state",
                                         "expires_at", "error"}
    assert set(document["last_pass"]) == {"completed_at", "duration_seconds",
                                          "polled", "failed"}


def test_a_subscription_has_every_key(small):
    row = small.subscription("off")
    assert set(row) == SUBSCRIPTION_KEYS | {"schema_version", "evidence"}
    assert row["assignment"]["name"] == "SecurityCenterBuiltIn"
    assert row["assignment"]["scope"] == \
        "/subscriptions/" + row["subscription_id"]
    assert set(row["assignment"]) == {"id", "name", "scope", "inherited",
                                      "definition_id", "enforcement_mode"}
    for row in small.get("/v1/subscriptions")[1]["subscriptions"]:
        assert set(row) == SUBSCRIPTION_KEYS


def test_an_event_has_every_key(small):
    document = small.get("/v1/events")[1]
    assert document["events"]
    for event in document["events"]:
        assert set(event) == EVENT_KEYS
        assert re.fullmatch("[0-9a-f]{32}", event["message_id"])
        assert isinstance(event["priority"], int)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
                            event["time"])


def test_lists_are_paged_by_id(small):
    seen, query = [], ""
    while query is not None:
        page = small.get("/v1/subscriptions?limit=2" + query)[1]
        assert len(page["subscriptions"]) <= 2
        seen += [row["subscription_id"] for row in page["subscriptions"]]
        query = page["next"] and "&after=" + page["next"]
    assert seen == sorted(seen) and len(seen) == 5


def test_lists_are_filtered(small):
    def names(query):
        rows = small.get("/v1/subscriptions?" + query)[1]["subscriptions"]
        return sorted(row["name"] for row in rows)

    assert names("state=disabled") == ["off"]
    assert names("state=enabled&tenant=contoso") == list("abcd")
    assert names("tenant=nobody") == []
    assert names("stale=true") == []
    assert names("stale=0&muted=false") == ["a", "b", "c", "d", "off"]
    assert names("muted=1") == []


@pytest.mark.parametrize("path", [
    "/v1/subscriptions?limit=0", "/v1/subscriptions?limit=1001",
    "/v1/subscriptions?limit=x", "/v1/subscriptions?state=on",
    "/v1/subscriptions?stale=maybe", "/v1/subscriptions?nonsense=1",
    "/v1/subscriptions?limit=1&limit=2", "/v1/subscriptions?tenant=%zz",
    "/v1/events?after=-1", "/v1/events?after=x", "/v1/events?follow=perhaps",
    "/v1/status?x=1"])
def test_ill_formed_queries_are_400(small, path):
    status, document = small.get(path)
    assert status == 400
    assert document["schema_version"] == 1
    assert document["error"]["code"] and document["error"]["message"]


@pytest.mark.parametrize("path", [
    "/", "/v1", "/v2/status", "/v1/status/", "/v1/subscriptions/nothing",
    "/v1/subscriptions/" + NOWHERE, "/v1/subscriptions/../status"])
def test_unknown_paths_and_ids_are_404(small, path):
    status, document = small.get(path)
    assert status == 404 and document["error"]["message"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH",
                                    "OPTIONS", "HEAD"])
def test_the_readers_socket_takes_get_only(small, method):
    for path in ("/v1/poll", "/v1/status", "/nowhere"):
        status, text = small.request(method, path, raw=True)
        assert status == 403
        if method != "HEAD":
            assert str(small.operator) in json.loads(text)["error"]["message"]


def test_a_wrong_method_is_told_the_right_one(small):
    done = subprocess.run(
        ["curl", "-sS", "-i", "--unix-socket", small.operator,
         "http://jitd/v1/poll"], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("HTTP/1.1 405 ")
    assert "\nAllow: POST\n" in done.stdout.replace("\r", "")


def test_sockets_have_their_modes(small):
    assert stat.S_IMODE(small.socket.stat().st_mode) == 0o660
    assert stat.S_IMODE(small.operator.stat().st_mode) == 0o600


def test_polls_are_asked_for(small):
    row = small.subscription("a")
    asked = {"subscriptions": [row["subscription_id"]]}
    assert small.post("/v1/poll", asked)[0] == 202
    assert small.post("/v1/poll", {"all": True})[0] == 202
    assert small.post("/v1/poll", {"subscriptions": [NOWHERE]})[0] == 404
    for body in (None, "", "{", "[]", {}, {"all": "yes"}, {"all": False},
                 {"all": True, "more": 1},
                 {"subscriptions": []}, {"subscriptions": ["a"]},
                 {"subscriptions": "a"}, "x" * 70000):
        status = small.post("/v1/poll", body)[0]
        assert status in (400, 413), body


def test_a_reload_that_fails_is_422_with_the_sentence(small):
    good = small.config.read_text()
    small.config.write_text("[poll]\nnonsense = 1\n")
    status, document = small.post("/v1/reload")
    small.config.write_text(good)
    assert status == 422
    assert ":2: no such key" in document["error"]["message"]
    assert small.post("/v1/reload")[0] == 200


def test_followers_see_events_as_they_happen(world):
    azure, jitd = world([{"name": "a"}])
    before = jitd.last_seq()
    connection = UnixConnection(jitd.socket)
    connection.request("GET", f"/v1/events?follow=1&after={before}")
    answer = connection.getresponse()
    assert answer.status == 200
    azure.flip(["a"], "Disabled")
    event = json.loads(answer.readline())
    while not event["event"].startswith("monitoring"):
        event = json.loads(answer.readline())
    assert event["event"] == "monitoring-disabled"
    assert event["seq"] == before + 1
    assert set(event) == EVENT_KEYS | {"schema_version"}
    connection.close()


def test_followers_begin_where_they_say(small):
    connection = UnixConnection(small.socket)
    connection.request("GET", "/v1/events?follow=1&after=0")
    answer = connection.getresponse()
    assert [json.loads(answer.readline())["seq"] for _ in range(3)] == \
        [1, 2, 3]
    connection.close()


def test_followers_are_counted_apart(small):
    held = []
    for _ in range(3):
        connection = UnixConnection(small.socket)
        connection.request("GET", "/v1/events?follow=1")
        assert connection.getresponse().status == 200
        held.append(connection)
    status, document = small.get("/v1/events?follow=1")
    assert status == 503 and document["error"]["message"]
    assert small.get("/v1/status")[0] == 200
    for connection in held:
        connection.close()
    wait_until(lambda: follow_status(small) == 200)


def follow_status(jitd):
    """Return the status of a follower that leaves at once."""
    connection = UnixConnection(jitd.socket)
    try:
        connection.request("GET", "/v1/events?follow=1")
        return connection.getresponse().status
    finally:
        connection.close()


def raw(path, data):
    """Send bytes and return the socket."""
    plain = socket.socket(socket.AF_UNIX)
    plain.settimeout(12)
    plain.connect(str(path))
    plain.sendall(data)
    return plain


@pytest.mark.parametrize("data", [b"", b"GET /v1/sta", b"GET / HTTP/1.1\r\n",
                                  b"POST /v1/poll HTTP/1.1\r\n"
                                  b"Content-Length: 10\r\n\r\n{"])
def test_half_a_request_is_dropped_in_time(small, data):
    began = time.monotonic()
    with raw(small.operator, data) as plain:
        while plain.recv(4096):
            pass
    assert 3 < time.monotonic() - began < 9
    assert small.get("/v1/status")[0] == 200


def test_a_dripping_client_is_dropped_in_time(small):
    began = time.monotonic()
    with raw(small.socket, b"GET /v1/status HTTP/1.1\r\nX: ") as plain:
        with pytest.raises(OSError):
            while time.monotonic() - began < 10:
                plain.sendall(b"x")
                time.sleep(0.2)
    assert time.monotonic() - began < 9


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x00\xff" * 50,
                                  b"nonsense\r\n\r\n", b"\0" * 1000,
                                  b"GET " + b"/" * 9000 + b"\r\n\r\n"])
def test_junk_is_dropped(small, data):
    with raw(small.socket, data) as plain:
        plain.shutdown(socket.SHUT_WR)
        try:
            while plain.recv(4096):
                pass
        except ConnectionResetError:
            pass
    assert small.get("/v1/status")[0] == 200


def test_many_idle_clients_do_not_keep_others_out(small):
    held = [raw(small.socket, b"") for _ in range(100)]
    assert small.get("/v1/status")[0] == 200
    for plain in held:
        plain.close()


def test_a_client_with_a_long_name_of_its_own_does_no_harm(small, tmp_path):
    folder = tmp_path / ("x" * (100 - len(str(tmp_path))))
    folder.mkdir()
    plain = socket.socket(socket.AF_UNIX)
    plain.bind(str(folder / "name")[:106])
    plain.connect(str(small.socket))
    plain.sendall(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"200" in plain.recv(4096)
    plain.close()


def test_curl_reads_it(small):
    done = subprocess.run(["curl", "-fsS", "--unix-socket", small.socket,
                           "http://jitd/v1/status"], check=True,
                          capture_output=True)
    assert json.loads(done.stdout)["schema_version"] == 1


METRICS = """jitd_build_info jitd_subscriptions jitd_subscriptions_stale
jitd_subscription_info jitd_subscription_state
jitd_subscription_last_success_timestamp_seconds jitd_events_total
jitd_events_unsent jitd_polls_total jitd_poll_duration_seconds
jitd_requests_total jitd_throttled_total jitd_token_expiry_timestamp_seconds
jitd_last_pass_timestamp_seconds jitd_config_last_reload_successful
jitd_config_last_reload_success_timestamp_seconds
process_cpu_seconds_total process_resident_memory_bytes process_open_fds
process_max_fds process_start_time_seconds""".split()


def test_metrics_are_all_there(small):
    status, text = small.get("/metrics", raw=True)
    assert status == 200
    families = re.findall(r"^# TYPE (\S+) (?:gauge|counter|histogram)$", text,
                          re.M)
    assert sorted(families) == sorted(METRICS)
    assert 'jitd_subscriptions{state="disabled"} 1\n' in text
    assert text.endswith("\n")
    for line in text.splitlines():
        assert re.fullmatch(
            r'# (HELP|TYPE) .*|[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [-+0-9.e]+'
            r'|[a-z_]+\{le="\+Inf"\} \d+', line), line
