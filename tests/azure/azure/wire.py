# SPDX-License-Identifier: Apache-2.0
"""One connection: HTTP/2 where ALPN chose it, HTTP/1.1 otherwise."""

import asyncio
import socket
import struct

from azure.http1 import Http1
from azure.http2 import Http2


class Connection(asyncio.Protocol):
    """A client's connection, with or without TLS."""

    def __init__(self, site):
        self.site = site
        self.transport = None
        self.codec = None
        self.scheme = "http"
        self.paused = False
        self.gone = False
        self.counted = False

    def connection_made(self, transport):
        """Choose the protocol."""
        self.transport = transport
        self.site.connections.add(self)
        tls = transport.get_extra_info("ssl_object")
        plain = transport.get_extra_info("socket")
        if plain is not None:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.scheme = "https"
        if tls is not None and tls.selected_alpn_protocol() == "h2":
            self.codec = Http2(self)
        else:
            self.codec = Http1(self)

    def data_received(self, data):
        """Hand bytes to the protocol."""
        if not self.gone:
            self.codec.receive(data)

    def eof_received(self):
        """The client will send no more: close."""
        return False

    def connection_lost(self, exc):
        """Forget the connection."""
        self.gone = True
        self.site.connections.discard(self)
        self.codec.lost()

    def pause_writing(self):
        """The transport is full."""
        self.paused = True

    def resume_writing(self):
        """The transport has room again."""
        self.paused = False
        if not self.gone:
            self.codec.resume()

    def write(self, data):
        """Queue bytes for the client."""
        if not self.gone:
            self.transport.write(data)

    def close(self):
        """Close once everything queued has been sent."""
        self.transport.close()

    def drop(self, manner):
        """End the connection without an answer: close or reset (TCP RST)."""
        if manner == "reset":
            plain = self.transport.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.transport.abort()
