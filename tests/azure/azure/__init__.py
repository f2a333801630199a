# SPDX-License-Identifier: Apache-2.0
"""A simulated Azure: the login service and Resource Manager, on loopback."""
