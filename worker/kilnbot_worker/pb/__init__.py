# SPDX-License-Identifier: MIT
"""Perspective Broker, as far as a worker needs it: banana, jelly, broker, login."""
