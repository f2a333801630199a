# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "azure")]

import client  # noqa: E402
import daemon  # noqa: E402

TENANTS = {
    "contoso": ("3c9f0a6e-5d21-4b7e-8f46-a0d27b91e5c4",
                "9a1e7d42-6b38-4c05-b2fd-47e8c6130a5b"),
    "fabrikam": ("d17b58e2-94ac-4f63-a80d-6e25f3c7b019",
                 "c604f8b3-1d97-4e2a-8b5c-f09e7d362a18"),
}


def scenario(contoso, fabrikam=None, **rest):
    """Return a scenario of one or two tenants with these subscriptions."""
    given = {"contoso": contoso, "fabrikam": fabrikam}
    tenants = [{"name": name, "tenant_id": TENANTS[name][0],
                "clients": {TENANTS[name][1]: f"{name}~secret+/="},
                "subscriptions": rows}
               for name, rows in given.items() if rows is not None]
    return {"seed": "e2e", **rest, "tenants": tenants}


@pytest.fixture
def world(tmp_path):
    """A maker of (azure, jitd) pairs, all stopped at the end."""
    made = []

    def make(contoso, fabrikam=None, start=True, sections=None, **rest):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        azure = client.SimulatedAzure(scenario(contoso, fabrikam, **rest),
                                      folder / "azure").start()
        made.append(azure)
        jitd = daemon.Jitd(folder, azure, **(sections or {}))
        made.append(jitd)
        if start:
            jitd.start()
        return azure, jitd

    yield make
    for thing in reversed(made):
        thing.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Show what jitd wrote where a test failed."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        folder = item.funcargs.get("tmp_path")
        for log in sorted(folder.rglob("*.log")) if folder else []:
            report.sections.append(
                (str(log.relative_to(folder)),
                 log.read_text(errors="replace")[-6000:]))
