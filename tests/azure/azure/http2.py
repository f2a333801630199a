# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 with flow control, many streams on a connection."""

import asyncio

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
import hyperframe.frame

from azure.message import Request, date_now

SLOW_PIECES = 20
MAX_BODY = 4 * 1024 * 1024
LINGER = 1.0
CONFIGURATION = h2.config.H2Configuration(
    client_side=False, header_encoding="utf-8",
    validate_inbound_headers=False, normalize_inbound_headers=False,
    validate_outbound_headers=False, normalize_outbound_headers=False)


class Stream:
    """One request that is arriving, or one response that is leaving."""

    __slots__ = ("number", "headers", "body", "request", "response", "rest",
                 "last")

    def __init__(self, number, headers):
        self.number = number
        self.headers = headers
        self.body = bytearray()
        self.request = None
        self.response = None
        self.rest = memoryview(b"")
        self.last = True


class Http2:
    """The HTTP/2 side of one connection."""

    protocol = "h2"

    def __init__(self, connection):
        self.connection = connection
        self.site = connection.site
        self.streams = {}
        self.leaving = {}
        self.served = 0
        self.newest = 0
        self.going = False
        self.final = None
        self.lingering = False
        self.h2 = h2.connection.H2Connection(CONFIGURATION)
        self.h2.local_settings[
            h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS] = \
            self.site.max_streams
        self.h2.initiate_connection()
        self._flush()

    def receive(self, data):
        """Take bytes from the client."""
        try:
            events = self.h2.receive_data(data)
        except h2.exceptions.ProtocolError:
            self._flush()
            self.connection.close()
            return
        complete = []
        for event in events:
            self._take(event, complete)
        for stream in complete:
            self.site.begin(stream.request, self.connection)
        for stream in complete:
            self._answer(stream)
        self._pump()
        self._flush()
        self._leave()

    def lost(self):
        """The connection is gone: unanswered requests end here."""
        for stream in list(self.streams.values()):
            self._end(stream, 0)

    def resume(self):
        """The transport takes bytes again."""
        self._pump()
        self._flush()

    def shut(self):
        """
        Say GOAWAY: what has come is still answered, later streams never.
        The h2 library would refuse to answer after its own GOAWAY, so the
        frame is written past it.
        """
        if self.final is not None:
            return
        self.final = self.newest
        self._flush()
        frame = hyperframe.frame.GoAwayFrame(0, last_stream_id=self.final)
        self.connection.write(frame.serialize())
        self._leave()

    def _take(self, event, complete):
        if isinstance(event, h2.events.RequestReceived):
            if self.final is not None:
                return
            self.streams[event.stream_id] = Stream(event.stream_id,
                                                   dict(event.headers))
            self.newest = event.stream_id
        elif isinstance(event, h2.events.DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length,
                                              event.stream_id)
            stream = self.streams.get(event.stream_id)
            if stream is not None and len(stream.body) < MAX_BODY:
                stream.body += event.data
        elif isinstance(event, h2.events.StreamEnded):
            stream = self.streams.get(event.stream_id)
            if stream is not None:
                stream.request = self._request(stream)
                complete.append(stream)
        elif isinstance(event, h2.events.StreamReset):
            stream = self.streams.get(event.stream_id)
            if stream is not None:
                self._end(stream, 0)
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.going = True

    def _request(self, stream):
        headers = stream.headers
        origin = f"{self.connection.scheme}://{headers.get(':authority', '')}"
        self.served += 1
        limit = self.site.requests_per_connection
        if limit and self.served == limit:
            self.shut()
        return Request(headers.get(":method", ""), headers.get(":path", ""),
                       headers, bytes(stream.body), self.protocol, origin)

    def _answer(self, stream):
        if stream.number not in self.streams:
            return
        response = self.site.answer(stream.request)
        if response.delay > 0:
            asyncio.get_running_loop().call_later(
                response.delay, self._later, stream, response)
            return
        self._send(stream, response)

    def _later(self, stream, response):
        self._send(stream, response)
        self._pump()
        self._flush()
        self._leave()

    def _send(self, stream, response):
        if self.connection.gone or stream.number not in self.streams:
            return
        manner = response.manner
        if manner == "hang":
            return
        if manner == "close":
            self.connection.drop(manner)
            return
        if manner == "reset":
            self._reset(stream)
            return
        stream.response = response
        body = response.body
        headers = [(":status", str(response.status))]
        headers += response.headers
        headers += [("content-length", str(len(body))), ("date", date_now())]
        try:
            self.h2.send_headers(stream.number, headers,
                                 end_stream=not body)
        except h2.exceptions.ProtocolError:
            self._end(stream, 0)
            return
        if not body:
            self._end(stream, response.status)
            return
        if manner == "slow":
            stream.last = False
            self.leaving[stream.number] = stream
            self._drip(stream, 0)
            return
        if manner == "cut":
            body = body[:len(body) // 2]
        stream.rest = memoryview(body)
        self.leaving[stream.number] = stream

    def _drip(self, stream, offset):
        if self.connection.gone or stream.number not in self.streams:
            return
        body = stream.response.body
        step = max(1, -(-len(body) // SLOW_PIECES))
        stream.rest = memoryview(bytes(stream.rest) +
                                 body[offset:offset + step])
        offset += step
        if offset >= len(body):
            stream.last = True
        else:
            asyncio.get_running_loop().call_later(
                stream.response.seconds / SLOW_PIECES, self._drip, stream,
                offset)
        self._pump()
        self._flush()
        self._leave()

    def _reset(self, stream):
        try:
            self.h2.reset_stream(stream.number,
                                 h2.errors.ErrorCodes.INTERNAL_ERROR)
        except h2.exceptions.ProtocolError:
            pass
        self._end(stream, 0)

    def _end(self, stream, status):
        self.leaving.pop(stream.number, None)
        if self.streams.pop(stream.number, None) is not None and \
                stream.request is not None:
            self.site.end(stream.request, status)

    def _pump(self):
        """Send what flow control and the transport allow, in turn."""
        moved = True
        while moved and self.leaving and not self.connection.paused and \
                not self.connection.gone:
            moved = False
            for stream in list(self.leaving.values()):
                moved = self._push(stream) or moved
            self._flush()

    def _push(self, stream):
        """Send one frame of a stream; return whether any went out."""
        if not stream.rest:
            return False
        try:
            room = min(self.h2.local_flow_control_window(stream.number),
                       self.h2.max_outbound_frame_size)
            if room <= 0:
                return False
            piece = stream.rest[:room]
            stream.rest = stream.rest[room:]
            over = stream.last and not stream.rest
            cut = over and stream.response.manner == "cut"
            self.h2.send_data(stream.number, bytes(piece),
                              end_stream=over and not cut)
        except h2.exceptions.ProtocolError:
            self._end(stream, 0)
            return False
        if cut:
            self._reset(stream)
        elif over:
            self._end(stream, stream.response.status)
        return True

    def _flush(self):
        data = self.h2.data_to_send()
        if data:
            self.connection.write(data)

    def _leave(self):
        """
        After GOAWAY, close once the last stream has its answer. Where it
        was ours the client closes first: closing with unread bytes would
        reset the connection, and could take the last answers with it.
        """
        if self.streams:
            return
        if self.going:
            self.connection.close()
        elif self.final is not None and not self.lingering:
            self.lingering = True
            asyncio.get_running_loop().call_later(LINGER,
                                                  self.connection.close)
