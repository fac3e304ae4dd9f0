# SPDX-License-Identifier: MIT
"""The login of Perspective Broker: a challenge, and MD5 of the password's MD5 and the challenge."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from kilnbot_worker.pb.broker import Broker, BrokerError, Proxy

HELLO_LIMIT_S = 30.0  # for the peer to show that it speaks Perspective Broker
REFUSED = "twisted.cred.error.UnauthorizedLogin"


def response(password: bytes, challenge: bytes) -> bytes:
    return hashlib.md5(hashlib.md5(password).digest() + challenge).digest()


async def challenge_of(broker: Broker, name: str) -> tuple[bytes, Proxy]:
    """Asks for a challenge, which the server gives to anybody."""
    await asyncio.wait_for(broker.ready.wait(), HELLO_LIMIT_S)
    answer = await broker.call(b"root", "login", (name.encode(),), {})
    if not (isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], Proxy)):
        raise BrokerError("the answer to the login is not a challenge")
    return answer[0], answer[1]


async def log_in(broker: Broker, name: str, password: str, mind: Any) -> Proxy:
    """The perspective of this user. `mind` is the object that the server may call from then on."""
    challenge, challenger = await challenge_of(broker, name)
    answer = challenger.call("respond", response(password.encode(), challenge), mind)
    challenger.release()
    perspective = await answer
    if not isinstance(perspective, Proxy):
        raise BrokerError("the answer to the response is not a perspective")
    return perspective
