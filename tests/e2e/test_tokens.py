# SPDX-License-Identifier: Apache-2.0
"""Tokens: one request for all, renewed ahead, each tenant failing alone."""

from daemon import wait_until

MANY = [{"count": 50, "prefix": "s-"}]


def test_fifty_polls_and_one_token_request(world):
    azure, jitd = world(MANY)
    jitd.wait_passes(2)
    counts = azure.requests()
    assert counts["tokens_issued"]["contoso"] == 1
    assert counts["greatest_in_flight"]["login"] == 1


def test_a_token_is_renewed_ahead_of_its_end(world):
    azure, jitd = world(MANY, start=False)
    azure.tenant("contoso", token_life=6)
    jitd.start()
    wait_until(lambda: azure.requests()["tokens_issued"]["contoso"] >= 3, 30)
    assert azure.requests()["by_status"].get("401", 0) == 0
    assert jitd.events("credential-failed") == []


def test_a_refused_token_is_replaced_once(world):
    azure, jitd = world(MANY)
    azure.tenant("contoso", revoke_tokens=True)
    wait_until(lambda: azure.requests()["tokens_issued"]["contoso"] == 2)
    jitd.wait_passes(2)
    assert azure.requests()["tokens_issued"]["contoso"] == 2
    assert all(row["error"] is None for row in jitd.subscriptions().values())


def test_a_dead_credential_is_told_once_and_its_tenant_fails_alone(world):
    azure, jitd = world([{"name": "a"}], [{"name": "b"}])
    azure.tenant("contoso", rotate_secret="another", revoke_tokens=True)
    events = wait_until(lambda: jitd.events("credential-failed"))
    jitd.wait_passes(2)
    events = jitd.events("credential-failed")
    assert len(events) == 1
    assert "contoso.secret" in events[0]["message"]
    assert events[0]["error_code"] == "AADSTS7000215"
    assert "contoso~secret" not in jitd.log()
    row = jitd.subscription("a")
    assert row["state"] == "enabled"
    assert row["error"]["class"] == "credential"
    assert jitd.subscription("b")["error"] is None

    (jitd.folder / "contoso.secret").write_text("another")
    wait_until(lambda: jitd.events("credential-recovered"), 30)
    wait_until(lambda: jitd.subscription("a")["error"] is None)


def test_login_down_keeps_the_token_that_lives(world):
    azure, jitd = world([{"name": "a"}])
    azure.fault(status=503, on="login")
    jitd.wait_passes(2)
    assert jitd.subscription("a")["error"] is None


def test_an_access_token_is_read_again_when_it_changes(world):
    azure, jitd = world([{"name": "a"}], start=False,
                        static_tokens={"first-token": "contoso",
                                       "second-token": "contoso"})
    path = jitd.folder / "token"
    path.write_text("wrong-token\n")
    path.chmod(0o600)
    jitd.configure(**{"tenant contoso": {
        "credential": "access-token", "access_token_file": path,
        "client_id": None, "client_secret_file": None}})
    jitd.start(ready=False)
    wait_until(lambda: jitd.events("credential-failed"))
    path.write_text("  second-token\n")
    jitd.wait_state("a", "enabled", 30)
    assert azure.requests()["by_kind"].get("login", 0) == 0


def test_no_secret_is_in_any_output(world):
    azure, jitd = world([{"name": "a"}])
    azure.tenant("contoso", revoke_tokens=True)
    jitd.wait_passes(2)
    pid = jitd.child.pid
    seen = jitd.log() + jitd.get("/metrics", raw=True)[1]
    for path in ("/v1/status", "/v1/events", "/v1/subscriptions"):
        seen += jitd.get(path, raw=True)[1]
    for name in ("cmdline", "environ"):
        with open(f"/proc/{pid}/{name}", encoding="latin-1") as text:
            seen += text.read()
    assert jitd.stop() == 0
    seen += (jitd.folder / "state.db").read_bytes().decode("latin-1")
    assert "secret+/=" not in seen
    assert "Bearer " not in seen
    assert "eyJ" not in seen


def test_a_failed_credential_is_told_once_over_restarts_and_its_end(world):
    azure, jitd = world([{"name": "a"}])
    azure.tenant("contoso", rotate_secret="another", revoke_tokens=True)
    wait_until(lambda: jitd.events("credential-failed"))
    assert jitd.stop() == 0
    jitd.start(ready=False)
    wait_until(lambda: jitd.subscription("a")["error"])
    assert jitd.post("/v1/reload")[0] == 200
    wait_until(lambda: jitd.status()["tenants"][0]["credential"]["error"])
    assert len(jitd.events("credential-failed")) == 1
    (jitd.folder / "contoso.secret").write_text("another")
    assert jitd.post("/v1/reload")[0] == 200
    wait_until(lambda: jitd.events("credential-recovered"))
