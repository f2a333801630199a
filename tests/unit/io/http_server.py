#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
A server that misbehaves as it is told, for test_http.c.

usage: http_server.py FOLDER

Writes FOLDER/ca.pem, and FOLDER/other.pem, which signed nothing. Prints one
line, "h2=PORT h1=PORT plain=PORT wrong=PORT junk=PORT": HTTP/2 and HTTP/1.1
over TLS, HTTP/1.1 in the clear, a certificate for another name, and no TLS at
all. Ends when its standard input does.

The path says what is to be done:
/echo           the request as text
/status/N       status N
/size/N         N bytes, with a Content-Length; /bare/N: without one
/header         a header that stands there twice
/redirect       302 to /echo
/hang           no answer
/late           an answer after 2.5 s
/drip           a byte each 50 ms, without end
/cut            half of the body, then the connection is gone
/reset          half of the body, then the stream (the connection) is reset
/refuse         the stream is refused
/goaway         the connection ends with an error
/close          the connection is closed without an answer
/last           an answer; the next request on that connection gets none
/count          how many connections there were
"""

import asyncio
import os
import socket
import ssl
import struct
import subprocess
import sys

import h2.config
import h2.connection
import h2.events
import h2.exceptions

FRAME = 16384
DRIP_S = 0.05
LATE_S = 2.5
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM = 0, 2, 7
connections = [0]


def openssl(*arguments):
    """Run the openssl program."""
    subprocess.run(("openssl",) + arguments, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def new_certificate(folder, name, subject):
    """Make a certificate that signs itself; return the two files."""
    key = os.path.join(folder, name + ".key")
    certificate = os.path.join(folder, name + ".pem")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=" + name, "-addext", "subjectAltName=" + subject,
            "-keyout", key, "-out", certificate)
    return certificate, key


def new_context(files, protocols):
    """Return a TLS context that serves a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    context.set_alpn_protocols(protocols)
    return context


class Answer:
    """What to do with one request."""

    def __init__(self, status=200, body=b"", headers=(), manner="whole"):
        self.status = status
        self.body = body
        self.headers = list(headers)
        self.manner = manner


def answer(method, path, headers, body):
    """Return what the path asks for."""
    verb, _, argument = path.partition("?")[0][1:].partition("/")
    if verb == "echo":
        text = f"{method} {path}\n" + "".join(
            f"{name.lower()}: {value}\n" for name, value in headers)
        return Answer(body=text.encode() + b"\n" + body)
    if verb == "status":
        return Answer(int(argument), b"status")
    if verb == "size":
        return Answer(body=b"x" * int(argument))
    if verb == "bare":
        return Answer(body=b"x" * int(argument), manner="bare")
    if verb == "header":
        return Answer(headers=[("x-twice", "first"), ("x-twice", "last"),
                               ("retry-after", "7")])
    if verb == "redirect":
        return Answer(302, headers=[("location", "/echo")])
    if verb == "count":
        return Answer(body=str(connections[0]).encode())
    if verb in ("cut", "reset"):
        return Answer(body=b"x" * 1000, manner=verb)
    return Answer(body=b"x", manner=verb)


class Http2(asyncio.Protocol):
    """HTTP/2: streams take turns, a frame each."""

    def __init__(self):
        self.transport = None
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="utf-8"))
        self.requests = {}
        self.leaving = {}
        self.is_last = False

    def connection_made(self, transport):
        connections[0] += 1
        self.transport = transport
        self.h2.initiate_connection()
        self.flush()

    def connection_lost(self, exc):
        self.leaving.clear()
        self.transport = None

    def flush(self):
        if self.transport is not None:
            self.transport.write(self.h2.data_to_send())

    def data_received(self, data):
        if self.transport is None:
            return
        try:
            for event in self.h2.receive_data(data):
                if self.transport is not None:
                    self.take(event)
            self.pump()
        except h2.exceptions.ProtocolError:
            self.gone()

    def gone(self):
        """The connection ends here, by a reset."""
        if self.transport is not None:
            self.transport.abort()
            self.transport = None

    def take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.requests[event.stream_id] = [event.headers, b""]
        elif isinstance(event, h2.events.DataReceived):
            self.requests[event.stream_id][1] += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length,
                                              event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            headers, body = self.requests.pop(event.stream_id)
            fields = dict(headers)
            self.begin(event.stream_id, answer(
                fields[":method"], fields[":path"],
                [field for field in headers if field[0][0] != ":"], body))
        elif isinstance(event, h2.events.StreamReset):
            self.requests.pop(event.stream_id, None)
            self.leaving.pop(event.stream_id, None)

    def begin(self, stream, response):
        manner = response.manner
        if self.is_last or manner == "close":
            self.gone()
        elif manner == "late":
            response.manner = "whole"
            asyncio.get_running_loop().call_later(LATE_S, self.after, stream,
                                                  response)
        elif manner == "refuse":
            self.h2.reset_stream(stream, REFUSED_STREAM)
        elif manner == "goaway":
            self.h2.close_connection(INTERNAL_ERROR)
            self.flush()
            self.transport.close()
            self.transport = None
        elif manner != "hang":
            self.is_last = manner == "last"
            headers = [(":status", str(response.status))] + response.headers
            if manner not in ("bare", "drip"):
                headers.append(("content-length", str(len(response.body))))
            self.h2.send_headers(stream, headers,
                                 end_stream=not response.body)
            if manner == "drip":
                self.drip(stream)
            elif response.body:
                half = len(response.body) // 2
                cut = manner in ("cut", "reset")
                rest = response.body[:half] if cut else response.body
                self.leaving[stream] = [memoryview(rest), manner]

    def after(self, stream, response):
        if self.transport is not None:
            self.begin(stream, response)
            self.pump()

    def drip(self, stream):
        try:
            self.h2.send_data(stream, b"x")
        except h2.exceptions.ProtocolError:
            return
        self.flush()
        asyncio.get_running_loop().call_later(DRIP_S, self.drip, stream)

    def pump(self):
        """Send a frame of each stream in turn, until none can go on."""
        moved = True
        while moved and self.transport is not None:
            moved = False
            for stream in list(self.leaving):
                moved = stream in self.leaving and self.push(stream) or moved
            self.flush()

    def push(self, stream):
        rest, manner = self.leaving[stream]
        room = min(FRAME, self.h2.local_flow_control_window(stream))
        if room <= 0:
            return False
        piece, rest = rest[:room], rest[room:]
        self.leaving[stream][0] = rest
        cut = manner in ("cut", "reset")
        self.h2.send_data(stream, bytes(piece),
                          end_stream=not rest and not cut)
        if rest:
            return True
        del self.leaving[stream]
        if manner == "reset":
            self.h2.reset_stream(stream, INTERNAL_ERROR)
        elif manner == "cut" and self.transport is not None:
            self.flush()
            self.transport.close()
            self.connection_lost(None)
        return True


class Http1(asyncio.Protocol):
    """HTTP/1.1, one request after another."""

    def __init__(self):
        self.transport = None
        self.data = b""
        self.is_last = False

    def connection_made(self, transport):
        connections[0] += 1
        self.transport = transport

    def connection_lost(self, exc):
        self.transport = None

    def data_received(self, data):
        self.data += data
        while self.transport is not None:
            head, end, rest = self.data.partition(b"\r\n\r\n")
            if not end:
                return
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = [tuple(line.split(": ", 1)) for line in lines]
            length = int(dict((name.lower(), value) for name, value
                              in headers).get("content-length", "0"))
            if len(rest) < length:
                return
            self.data = rest[length:]
            method, path, _ = first.split(" ")
            self.begin(answer(method, path, headers, rest[:length]))

    def begin(self, response):
        manner = response.manner
        if self.transport is None:
            return
        if self.is_last or manner in ("close", "refuse", "goaway"):
            self.transport.abort()
            self.transport = None
            return
        if manner == "hang":
            return
        if manner == "late":
            response.manner = "whole"
            asyncio.get_running_loop().call_later(LATE_S, self.begin,
                                                  response)
            return
        self.is_last = manner == "last"
        head = f"HTTP/1.1 {response.status} It\r\n"
        head += "".join(f"{name}: {value}\r\n"
                        for name, value in response.headers)
        if manner not in ("bare", "drip"):
            head += f"content-length: {len(response.body)}\r\n"
        self.transport.write(head.encode() + b"\r\n")
        if manner == "drip":
            self.drip()
        elif manner in ("cut", "reset"):
            self.transport.write(response.body[:len(response.body) // 2])
            if manner == "reset":
                self.transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
                self.transport.abort()
            else:
                self.transport.close()
            self.transport = None
        else:
            self.transport.write(response.body)
            if manner == "bare":
                self.transport.close()
                self.transport = None

    def drip(self):
        if self.transport is not None:
            self.transport.write(b"x")
            asyncio.get_running_loop().call_later(DRIP_S, self.drip)


class Junk(asyncio.Protocol):
    """Neither TLS nor HTTP."""

    def connection_made(self, transport):
        transport.write(bytes(range(256)))
        transport.close()


async def serve(folder):
    """Serve until the standard input ends."""
    loop = asyncio.get_running_loop()
    good = new_certificate(folder, "ca", "DNS:localhost,IP:127.0.0.1")
    wrong = new_certificate(folder, "wrong", "DNS:elsewhere.invalid")
    new_certificate(folder, "other", "DNS:localhost")
    with open(good[0], "ab") as trusted, open(wrong[0], "rb") as certificate:
        trusted.write(certificate.read())
    doors = {
        "h2": (Http2, new_context(good, ["h2"])),
        "h1": (Http1, new_context(good, ["http/1.1"])),
        "plain": (Http1, None),
        "wrong": (Http1, new_context(wrong, ["http/1.1"])),
        "junk": (Junk, None),
    }
    words = []
    for name, (protocol, context) in doors.items():
        server = await loop.create_server(protocol, "127.0.0.1", 0,
                                          ssl=context, backlog=512)
        words.append(f"{name}={server.sockets[0].getsockname()[1]}")
    print(" ".join(words), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
