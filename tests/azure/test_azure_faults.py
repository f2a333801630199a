# SPDX-License-Identifier: Apache-2.0
"""What simulated-azure does wrong when it is told to, and what it bears."""

import json
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest
from client import AzureError, SimulatedAzure
from curl import ASSIGNMENTS, NAME, Curl
from sample import CLIENT, CONTOSO, SCENARIO, SECRET

SUBSCRIPTIONS = "/subscriptions?api-version=2022-12-01"
# The exit statuses of curl: an answer cut short, none at all, out of time.
PARTIAL = (18, 92)
NOTHING = (16, 18, 52, 55, 56, 92)
TIMEOUT = 28


@pytest.mark.parametrize("fault, status, code", [
    ("forbidden", 403, "AuthorizationFailed"),
    ("throttled", 429, "SubscriptionRequestsThrottled"),
    ("unavailable", 503, "ServiceUnavailable"),
    ({"status": 500}, 500, "InternalServerError"),
    ({"code": "SubscriptionNotFound"}, 404, "SubscriptionNotFound"),
    ({"status": 404, "code": "ResourceNotFound"}, 404, "ResourceNotFound"),
    ({"status": 400, "code": "NoRegisteredProviderFound"}, 400,
     "NoRegisteredProviderFound"),
    ({"code": "InvalidAuthenticationTokenTenant"}, 401,
     "InvalidAuthenticationTokenTenant"),
])
def test_status(curl, fault, status, code):
    name = curl.azure.id_of("on")
    curl.azure.answer("on", fault=fault)
    for answer in (curl.get(name), curl.list(name)):
        assert (answer.status, answer.code) == (status, code)
        assert answer.headers["content-type"] == \
            "application/json; charset=utf-8"
        assert answer.headers["x-ms-correlation-request-id"]
        assert not re.search(r"\{[a-z]+\}", answer.json["error"]["message"])
    assert curl.get(curl.azure.id_of("two")).status == 200
    curl.azure.answer("on", fault=None)
    assert curl.get(name).status == 200


def test_headers_and_message(curl):
    name = curl.azure.id_of("on")
    curl.azure.answer("on", fault={
        "status": 429, "message": "wait \u0007 a bit",
        "headers": {"Retry-After": "7", "x-ms-retry-after-ms": "6500"}})
    answer = curl.get(name)
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["x-ms-retry-after-ms"] == "6500"
    assert answer.json["error"]["message"] == "wait \u0007 a bit"
    curl.azure.answer("on", fault={"status": 429, "headers": {}})
    assert "retry-after" not in curl.get(name).headers


def test_times_every_and_on(curl):
    azure = curl.azure
    name = azure.id_of("on")
    azure.answer("on", fault={"status": 500, "times": 2, "on": "get"})
    assert curl.list(name).status == 200
    assert [curl.get(name).status for _ in range(3)] == [500, 500, 200]
    azure.answer("on", fault={"status": 500, "every": 3})
    assert [curl.get(name).status for _ in range(6)] == \
        [200, 200, 500, 200, 200, 500]
    azure.answer("on", fault=[{"status": 500, "on": "get"},
                              {"status": 502, "on": "list"}])
    assert (curl.get(name).status, curl.list(name).status) == (500, 502)
    azure.answer("on", fault={"status": 400, "code":
                              "InvalidApiVersionParameter",
                              "api_version": "2025-01-01"})
    assert curl.get(name).code == "InvalidApiVersionParameter"
    assert curl.get(name, "2018-05-01").status == 200


def is_json(body):
    """Return whether a body is one JSON text."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


@pytest.mark.parametrize("kind, check", [
    ("empty", lambda body: body == b""),
    ("html", lambda body: body.startswith(b"<!DOCTYPE html>")),
    ("junk", lambda body: len(body) == 512 and not is_json(body)),
    ("deep", lambda body: body.count(b"[") == 100000),
    ("nul", lambda body: body.count(b"\x00") == 1),
    ("invalid-utf8", lambda body: b"\xff\xfe" in body),
    ("not-object", lambda body: isinstance(json.loads(body), list)),
    ("cut-json", lambda body: len(body) > 500 and not is_json(body)),
    ("huge", lambda body: len(body) >= (8 << 20) and is_json(body)),
])
def test_bodies(curl, kind, check):
    curl.azure.answer("on", fault=kind)
    answer = curl.get(curl.azure.id_of("on"))
    assert (answer.exit, answer.status) == (0, 200)
    assert check(answer.body)
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_redirect(curl):
    curl.azure.answer("on", fault={"kind": "redirect",
                                   "location": "https://127.0.0.2:1/x"})
    answer = curl.get(curl.azure.id_of("on"))
    assert (answer.status, answer.headers["location"]) == \
        (302, "https://127.0.0.2:1/x")


@pytest.mark.parametrize("kind, exits", [
    ("close", NOTHING), ("reset", NOTHING), ("cut", PARTIAL)])
def test_no_whole_answer(curl, kind, exits):
    name = curl.azure.id_of("on")
    curl.azure.answer("on", fault={"kind": kind, "times": 1})
    answer = curl.get(name)
    assert answer.exit in exits
    assert not is_json(answer.body)
    assert curl.get(name).status == 200


def test_hang_and_slow(curl):
    azure = curl.azure
    name = azure.id_of("on")
    azure.answer("on", fault="hang")
    assert curl.get(name, timeout=1).exit == TIMEOUT
    azure.wait_for(lambda counts: counts["in_flight"]["arm"] == 0)
    assert azure.requests()["unanswered"] == 1
    azure.answer("on", fault={"kind": "hang", "seconds": 0.7})
    answer = curl.get(name)
    assert answer.status == 200 and answer.seconds > 0.7
    azure.answer("on", fault={"kind": "slow", "seconds": 1})
    answer = curl.get(name)
    assert answer.json["name"] == NAME and 0.8 < answer.seconds < 5
    azure.answer("on", fault={"kind": "slow", "seconds": 30})
    answer = curl.get(name, timeout=2)
    assert answer.exit == TIMEOUT and 0 < len(answer.body) < 1000


def test_delay(curl):
    azure = curl.azure
    azure.answer("on", delay_ms=600)
    assert curl.get(azure.id_of("on")).seconds > 0.6
    assert curl.get(azure.id_of("two")).seconds < 0.6


def test_global_faults(curl):
    azure = curl.azure
    name = azure.id_of("on")
    azure.fault(status=503)
    assert curl.get(name).status == curl.list(name).status == 503
    assert curl.ask(SUBSCRIPTIONS).status == 503
    assert curl.login(CONTOSO, client_id=CLIENT,
                      client_secret=SECRET).status == 200
    azure.clear_fault()
    assert curl.get(name).status == 200
    azure.fault(status=429, on="login", headers={"Retry-After": "9"})
    answer = curl.login(CONTOSO, client_id=CLIENT, client_secret=SECRET)
    assert (answer.status, answer.headers["retry-after"]) == (429, "9")
    assert answer.body == b"Too Many Requests"
    assert curl.get(name).status == 200
    azure.clear_fault()
    azure.fault(status=503, on="login", times=1)
    answer = curl.login(CONTOSO, client_id=CLIENT, client_secret=SECRET)
    assert answer.json["error"] == "temporarily_unavailable"
    assert curl.login(CONTOSO, client_id=CLIENT,
                      client_secret=SECRET).status == 200
    with pytest.raises(AzureError, match="unknown kind"):
        azure.fault(kind="no-such")


@pytest.mark.parametrize("kind", ["junk", "reset", "close", "empty"])
def test_login_breaks(curl, kind):
    curl.azure.fault(kind=kind, on="login")
    answer = curl.login(CONTOSO, client_id=CLIENT, client_secret=SECRET)
    assert answer.exit != 0 or not is_json(answer.body)


def test_tenant_faults(curl):
    azure = curl.azure
    azure.tenant("contoso", fault={"status": 503})
    assert curl.get(azure.id_of("on")).status == 503
    azure.tenant("contoso", fault=None)
    azure.tenant("fabrikam", fault={"status": 503})
    assert curl.get(azure.id_of("on")).status == 200


def test_discovery_faults(curl):
    azure = curl.azure

    def first():
        return curl.ask(SUBSCRIPTIONS)

    azure.fault(kind="foreign-nextlink", on="discovery",
                host="https://evil.invalid")
    assert first().json["nextLink"].startswith(
        "https://evil.invalid/subscriptions?api-version=2022-12-01&")
    azure.clear_fault()
    azure.fault(kind="nextlink-loop", on="discovery")
    assert first().json["nextLink"] == azure.arm_endpoint + SUBSCRIPTIONS
    azure.clear_fault()
    azure.fault(status=500, on="discovery", page=2)
    link = first().json["nextLink"]
    assert curl.ask(link).status == 500
    azure.clear_fault()
    azure.fault(kind="cut", on="discovery", page=2)
    assert first().status == 200
    assert curl.ask(link).exit in PARTIAL
    azure.clear_fault()
    azure.fault(kind="empty-page", on="discovery", times=1)
    page = first().json
    assert page["value"] == []
    assert len(curl.ask(page["nextLink"]).json["value"]) == 4


def test_refuse(azure):
    curl = Curl(azure)
    curl.token = "static-token"
    azure.fault(kind="refuse", seconds=1.5)
    time.sleep(0.4)
    assert curl.ask(SUBSCRIPTIONS).exit == 7
    time.sleep(2)
    assert curl.ask(SUBSCRIPTIONS).status == 200


@pytest.mark.parametrize("size", [30000, 70000, 1000000])
def test_large_bodies(curl, size):
    body = {"pad": "".join(chr(97 + n % 26) for n in range(size))}
    curl.azure.answer("on", document=body)
    answer = curl.get(curl.azure.id_of("on"))
    assert answer.exit == 0
    assert answer.json == body


def test_small_flow_control_windows(azure):
    """Windows smaller than the body: every byte waits for an update."""
    body = {"pad": "x" * 300000}
    azure.answer("on", document=body)
    done = h2load(azure, "-n", "40", "-c", "2", "-m", "10", "-w", "12",
                  "-W", "13")
    assert "40 succeeded, 0 failed" in done


def h2load(azure, *options, name="on"):
    """Run h2load on one subscription; return what it prints."""
    program = shutil.which("h2load")
    assert program, "h2load (nghttp2-client) is needed"
    url = f"{azure.arm_endpoint}/subscriptions/{azure.id_of(name)}" \
          f"{ASSIGNMENTS}/{NAME}?api-version=2025-01-01"
    return subprocess.run(
        [program, "-H", "Authorization: Bearer static-token", *options, url],
        stdout=subprocess.PIPE, timeout=120, check=True).stdout.decode()


def test_hundred_streams(azure):
    azure.answer("on", delay_ms=100)
    azure.reset_requests()
    done = h2load(azure, "-n", "300", "-c", "1", "-m", "100")
    assert "300 succeeded, 0 failed" in done
    counts = azure.requests()
    assert counts["greatest_in_flight"]["arm"] == 100
    assert (counts["connections"], counts["by_protocol"]) == (1, {"h2": 300})


def test_many_requests(azure):
    done = h2load(azure, "-n", "3000", "-c", "4", "-m", "25")
    assert "3000 succeeded, 0 failed" in done
    done = h2load(azure, "--h1", "-n", "3000", "-c", "8")
    assert "3000 succeeded, 0 failed" in done
    assert azure.requests()["by_status"] == {"200": 6000}


def test_requests_per_connection(tmp_path):
    scenario = {**SCENARIO, "requests_per_connection": 3}
    with SimulatedAzure(scenario, tmp_path) as one:
        for option in ("--http2", "--http1.1"):
            one.reset_requests()
            url = one.arm_endpoint + SUBSCRIPTIONS
            done = subprocess.run(
                ["curl", "-q", "-s", "-S", option, "--cacert", one.ca_file,
                 "-H", "Authorization: Bearer static-token",
                 "-w", "%{http_code}\n", *sum([["-o", "/dev/null", url]
                                               for _ in range(9)], [])],
                stdout=subprocess.PIPE, check=True, timeout=20)
            assert done.stdout.split() == [b"200"] * 9
            assert one.requests()["connections"] == 3


def test_streams_after_goaway(tmp_path):
    """Streams above the last one that GOAWAY names are never served."""
    scenario = {**SCENARIO, "requests_per_connection": 3}
    with SimulatedAzure(scenario, tmp_path) as one:
        done = h2load(one, "-n", "10", "-c", "1", "-m", "10")
        assert "3 succeeded, 7 failed" in done
        assert one.requests()["by_status"] == {"200": 3}


def test_pipelining(tmp_path):
    """Requests that come at once are answered in turn, slow ones too."""
    scenario = {**SCENARIO, "delay_ms": 50}
    text = f"GET {SUBSCRIPTIONS} HTTP/1.1\r\nHost: localhost\r\n" \
           "Authorization: Bearer static-token\r\n"
    with SimulatedAzure(scenario, tmp_path, plain=True) as one:
        with socket.create_connection(("127.0.0.1", one.ports["http"]),
                                      timeout=5) as client:
            client.sendall((text + "\r\n" + text + "\r\n" + text +
                            "Connection: close\r\n\r\n").encode("ascii"))
            answer = b""
            while piece := client.recv(65536):
                answer += piece
        assert answer.count(b"HTTP/1.1 200 OK") == 3
        assert answer.count(b"Connection: close") == 1


def test_login_in_flight(tmp_path):
    with SimulatedAzure({**SCENARIO, "login_delay_ms": 500},
                        tmp_path) as one:
        threads = [threading.Thread(target=Curl(one).login, args=(CONTOSO,),
                                    kwargs={"client_id": CLIENT,
                                            "client_secret": SECRET})
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.requests()["greatest_in_flight"]["login"] == 4


@pytest.mark.parametrize("text", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 100000,
    b"POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ids=["blank", "short", "version", "preface", "endless", "negative",
         "chunked"])
def test_bad_http(tmp_path, text):
    with SimulatedAzure(SCENARIO, tmp_path, plain=True) as one:
        with socket.create_connection(("127.0.0.1", one.ports["http"]),
                                      timeout=10) as client:
            client.sendall(text)
            answer = client.recv(4096)
        assert re.match(rb"HTTP/1.1 4\d\d ", answer)
        assert one.requests()["total"] == 0
        assert one.log() == ""


def test_goaway(azure):
    """What had come before GOAWAY is answered; then the client goes."""
    azure.answer("on", delay_ms=800)
    url = f"{azure.arm_endpoint}/subscriptions/{azure.id_of('on')}" \
          f"{ASSIGNMENTS}/{NAME}?api-version=2025-01-01"
    with subprocess.Popen(
            ["curl", "-q", "-s", "--http2", "--cacert", azure.ca_file, "-H",
             "Authorization: Bearer static-token", "-w", "%{http_code} ",
             "-o", "/dev/null", url, "-o", "/dev/null", url],
            stdout=subprocess.PIPE) as child:
        azure.wait_for(lambda counts: counts["in_flight"]["arm"] == 1)
        assert azure.goaway() == 1
        out = child.communicate(timeout=20)[0]
    assert out.split() == [b"200", b"200"]
    assert azure.requests()["connections"] == 2
