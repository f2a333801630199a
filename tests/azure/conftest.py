# SPDX-License-Identifier: Apache-2.0
"""Fixtures: a simulated Azure of two tenants, and curl by both protocols."""

import pytest
from client import SimulatedAzure
from curl import Curl
from sample import CLIENT, CONTOSO, SCENARIO, SECRET


@pytest.fixture
def azure(tmp_path):
    """A simulated Azure that nothing has changed yet; it must not fail."""
    with SimulatedAzure(SCENARIO, tmp_path, lifetime=120) as running:
        yield running
        assert running.requests()["errors"] == 0, running.log()
        assert running.log() == ""


@pytest.fixture(params=["--http2", "--http1.1"])
def curl(azure, request):  # pylint: disable=redefined-outer-name
    """curl with a token of contoso, by each protocol in turn."""
    made = Curl(azure, request.param)
    made.sign_in(CONTOSO, CLIENT, SECRET)
    return made
