# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 with keep-alive: one request at a time on a connection."""

import asyncio
import http

from azure.message import Request, date_now

MAX_HEAD = 65536
MAX_BODY = 4 * 1024 * 1024
PIECE = 65536
SLOW_PIECES = 20


def render_head(response, length, keep):
    """Return the status line and headers of a response."""
    try:
        phrase = http.HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {response.status} {phrase}", "Date: " + date_now()]
    lines += [f"{name}: {value}" for name, value in response.headers]
    lines.append(f"Content-Length: {length}")
    if not keep:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


class Http1:
    """The HTTP/1.1 side of one connection."""

    protocol = "h1"

    def __init__(self, connection):
        self.connection = connection
        self.site = connection.site
        self.buffer = bytearray()
        self.current = None
        self.keep = True
        self.pending = None
        self.served = 0

    def receive(self, data):
        """Take bytes from the client."""
        self.buffer += data
        self._advance()

    def lost(self):
        """The connection is gone: an unanswered request ends here."""
        if self.current is not None:
            self.site.end(self.current, 0)
            self.current = None

    def resume(self):
        """The transport takes bytes again."""
        if self.pending is not None:
            self._pump()

    def _advance(self):
        while self.current is None and self.keep and not self.connection.gone:
            request = self._parse()
            if request is None:
                return
            self.current = request
            self.site.begin(request, self.connection)
            response = self.site.answer(request)
            if response.delay > 0:
                asyncio.get_running_loop().call_later(
                    response.delay, self._later, request, response)
                return
            self._send(request, response)

    def _later(self, request, response):
        self._send(request, response)
        self._advance()

    def _refuse(self, status):
        text = f"HTTP/1.1 {status} Refused\r\nContent-Length: 0\r\n" \
               "Connection: close\r\n\r\n"
        self.connection.write(text.encode("ascii"))
        self.keep = False
        self.connection.close()

    def _parse(self):
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > MAX_HEAD:
                self._refuse(431)
            return None
        lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            self._refuse(400)
            return None
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdigit():
            self._refuse(411)
            return None
        return self._take(words, headers, end + 4, int(length))

    def _take(self, words, headers, start, length):
        if length > MAX_BODY:
            self._refuse(413)
            return None
        if len(self.buffer) < start + length:
            if headers.get("expect", "").lower() == "100-continue" and \
                    len(self.buffer) == start:
                self.connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body = bytes(self.buffer[start:start + length])
        del self.buffer[:start + length]
        self.served += 1
        limit = self.site.requests_per_connection
        self.keep = words[2] != "HTTP/1.0" and \
            headers.get("connection", "").lower() != "close" and \
            not 0 < limit <= self.served
        origin = f"{self.connection.scheme}://{headers.get('host', '')}"
        return Request(words[0], words[1], headers, body, self.protocol,
                       origin)

    def _send(self, request, response):
        if self.connection.gone or self.current is not request:
            return
        manner = response.manner
        if manner == "hang":
            return
        if manner in ("close", "reset"):
            self.connection.drop(manner)
            return
        body = response.body
        head = render_head(response, len(body), self.keep)
        if manner == "cut":
            self.connection.write(head + body[:len(body) // 2])
            self._finish(response.status)
            self.connection.close()
            return
        if manner == "slow":
            self.connection.write(head)
            self._drip(request, response, 0)
            return
        if len(body) <= PIECE:
            self.connection.write(head + body)
            self._finish(response.status)
            return
        self.connection.write(head)
        self.pending = [memoryview(body), response.status]
        self._pump()

    def _pump(self):
        body, status = self.pending
        while body and not self.connection.paused:
            self.connection.write(body[:PIECE])
            body = body[PIECE:]
        self.pending = [body, status]
        if not body:
            self.pending = None
            self._finish(status)
            self._advance()

    def _drip(self, request, response, offset):
        if self.connection.gone or self.current is not request:
            return
        body = response.body
        step = max(1, -(-len(body) // SLOW_PIECES))
        self.connection.write(body[offset:offset + step])
        offset += step
        if offset >= len(body):
            self._finish(response.status)
            self._advance()
            return
        asyncio.get_running_loop().call_later(
            response.seconds / SLOW_PIECES, self._drip, request, response,
            offset)

    def _finish(self, status):
        request, self.current = self.current, None
        self.site.end(request, status)
        if not self.keep:
            self.connection.close()
