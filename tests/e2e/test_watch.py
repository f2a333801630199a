# SPDX-License-Identifier: Apache-2.0
"""The main job: what changes is told, once, with who did it."""

import time

from daemon import wait_until

INTRUDER = "5f0c2d91-7e64-4a3b-9d18-c2b6e5a40f73"
THREE_HUNDRED = {"contoso": [{"count": 150, "prefix": "contoso-"}],
                 "fabrikam": [{"count": 150, "prefix": "fabrikam-"}]}


def test_three_hundred_are_watched_and_flips_are_told_once(world):
    azure, jitd = world(**THREE_HUNDRED, page_size=40)
    counts = jitd.status()["subscriptions"]
    assert counts == {"total": 300, "enabled": 300, "disabled": 0,
                      "absent": 0, "unknown": 0, "stale": 0, "muted": 0}
    assert jitd.changes() == []
    flipped = azure.flip(count=20, value="Disabled", by=INTRUDER)
    wait_until(lambda: jitd.status()["subscriptions"]["disabled"] == 20)
    jitd.wait_passes(2)
    events = jitd.changes()
    assert sorted(event["subscription_id"] for event in events) == \
        sorted(flipped)
    for event in events:
        assert event["event"] == "monitoring-disabled"
        assert event["priority"] == 3
        assert event["state"] == "disabled"
        assert event["previous_state"] == "enabled"
        assert event["reason"] == "explicit"
        assert event["value"] == "Disabled"
        assert event["previous_value"] == "AuditIfNotExists"
        assert event["changed_by"] == INTRUDER
        assert event["changed_on"]
        assert event["subscription_id"] in event["message"]
    seqs = [event["seq"] for event in jitd.events()]
    assert seqs == list(range(1, len(seqs) + 1))


def test_the_way_back_is_told_too(world):
    azure, jitd = world([{"name": "a"}])
    azure.flip(["a"], "Disabled")
    jitd.wait_state("a", "disabled")
    azure.flip(["a"], "AuditIfNotExists")
    row = jitd.wait_state("a", "enabled")
    assert [event["event"] for event in jitd.changes()] == \
        ["monitoring-disabled", "monitoring-enabled"]
    assert row["previous"]["state"] == "disabled"
    assert row["previous"]["value"] == "Disabled"


def test_a_restart_is_silent(world):
    azure, jitd = world([{"name": "a"}, {"name": "b"}])
    azure.flip(["a"], "Disabled")
    jitd.wait_state("a", "disabled")
    since = jitd.subscription("a")["since"]
    before = jitd.last_seq()
    jitd.restart()
    jitd.wait_passes(2)
    assert jitd.changes(after=before) == []
    assert jitd.events("subscription-found", "subscription-stale",
                       after=before) == []
    # What was emitted before is not emitted again.
    assert jitd.log().count("was turned off in subscription a ") == 1
    assert jitd.subscription("a")["since"] == since


def test_what_changed_while_it_was_down_is_told(world):
    azure, jitd = world([{"name": "a"}, {"name": "b"}])
    before = jitd.last_seq()
    assert jitd.stop() == 0
    azure.flip(["b"], "Disabled", by=INTRUDER)
    jitd.start()
    jitd.wait_state("b", "disabled")
    events = jitd.changes(after=before)
    assert [(event["subscription_name"], event["event"],
             event["previous_state"], event["changed_by"])
            for event in events] == \
        [("b", "monitoring-disabled", "enabled", INTRUDER)]


def test_a_kill_loses_nothing_and_repeats_at_most_the_last(world):
    azure, jitd = world([{"name": "a"}, {"name": "b"}])
    azure.flip(["a"], "Disabled")
    jitd.wait_state("a", "disabled")
    before = jitd.events()
    jitd.kill()
    azure.flip(["b"], "Disabled")
    jitd.start()
    jitd.wait_state("b", "disabled")
    assert jitd.events()[:len(before)] == before
    assert [event["subscription_name"] for event in jitd.changes()] == \
        ["a", "b"]


def test_a_flicker_of_one_read_is_not_told(world):
    azure, jitd = world([{"name": "a"}],
                        sections={"poll": {"interval": "2s",
                                           "confirm_delay": "500ms"}})
    seen = azure.requests()["by_subscription"]
    azure.flip(["a"], "Disabled")
    wait_until(lambda: azure.requests()["by_kind"].get("list", 0) > 0)
    azure.flip(["a"], "AuditIfNotExists")
    jitd.wait_passes(2)
    assert jitd.changes() == []
    assert azure.requests()["by_subscription"] != seen


def test_without_confirm_one_read_is_enough(world):
    azure, jitd = world([{"name": "a"}], sections={"poll": {"confirm": 0}})
    azure.reset_requests()
    azure.flip(["a"], "Disabled")
    jitd.wait_state("a", "disabled")
    assert azure.requests()["by_kind"]["list"] == 1


def test_errors_change_no_state(world):
    azure, jitd = world([{"name": "a"}, {"name": "b", "answer": {
        "value": "Disabled"}}])
    jitd.wait_state("b", "disabled")
    before = jitd.last_seq()
    azure.fault(status=500)
    row = wait_until(lambda: (row := jitd.subscription("a"))["error"] and row)
    assert row["state"] == "enabled"
    assert row["error"]["class"] == "server"
    assert row["error"]["http_status"] == 500
    assert jitd.subscription("b")["state"] == "disabled"
    azure.clear_fault()
    wait_until(lambda: jitd.subscription("a")["error"] is None)
    assert jitd.changes(after=before) == []


def test_a_dead_server_changes_no_state(world):
    azure, jitd = world([{"name": "a"}, {"name": "b"}],
                        sections={"poll": {"stale_after": "2s"}})
    before = jitd.last_seq()
    azure.stop()
    wait_until(lambda: jitd.status()["subscriptions"]["stale"] == 2)
    row = jitd.subscription("a")
    assert row["state"] == "enabled" and row["stale"] is True
    assert row["error"]["class"] == "network"
    assert jitd.changes(after=before) == []
    stale = wait_until(lambda: len(
        rows := jitd.events("subscription-stale", after=before)) == 2 and rows)
    assert {event["subscription_name"] for event in stale} == {"a", "b"}
    assert stale[0]["error_class"] == "network"


def test_one_never_read_is_unknown(world):
    _, jitd = world([{"name": "a", "answer": {"fault": "forbidden"}}])
    row = jitd.subscription("a")
    assert row["state"] == "unknown"
    assert row["reason"] is None and row["value"] is None
    assert row["caveats"] == [] and row["checked_at"] is None
    assert row["error"]["class"] == "forbidden"
    assert jitd.changes() == []


def test_off_at_first_sight_is_told_and_on_is_not(world):
    _, jitd = world([{"name": "on"},
                     {"name": "off", "answer": {"value": "Disabled"}},
                     {"name": "none", "answer": {"assignment": "missing"}}])
    jitd.wait_state("off", "disabled")
    jitd.wait_state("none", "absent")
    assert {(event["subscription_name"], event["event"])
            for event in jitd.changes()} == \
        {("off", "monitoring-disabled"), ("none", "monitoring-absent")}


def test_found_and_lost_are_told_after_the_first_listing(world):
    azure, jitd = world([{"name": "a"}],
                        sections={"poll": {"discovery_interval": "1s"}})
    assert jitd.events("subscription-found") == []
    azure.add("contoso", "b")
    jitd.wait_state("b", "enabled")
    found = jitd.events("subscription-found")
    assert [event["subscription_name"] for event in found] == ["b"]
    azure.remove("b")
    wait_until(lambda: jitd.events("subscription-lost"))
    assert "b" not in jitd.subscriptions()


def test_a_listing_that_fails_half_way_loses_nothing(world):
    azure, jitd = world([{"count": 30, "prefix": "s-"}], page_size=10,
                        sections={"poll": {"discovery_interval": "1s"}})
    azure.fault(on="discovery", page=2, status=500)
    time.sleep(4)
    assert jitd.status()["subscriptions"]["total"] == 30
    assert jitd.events("subscription-lost") == []
