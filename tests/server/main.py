# SPDX-License-Identifier: GPL-2.0-or-later
"""Put the server together and run it until SIGTERM; the exit status is its verdict on the client."""

import asyncio
import os
import signal
import socket

from . import eap, flood, misbehave, misbehave_ppp, misbehave_sstp, options, tls     # noqa: F401 (they register)
from .connection import Connection
from .dialects import DIALECTS
from .journal import Journal
from .tun import Tun


class Server:
    """What all connections share."""

    def __init__(self, chosen):
        self.options = chosen
        self.journal = Journal(chosen.log)
        self.dialect = DIALECTS[chosen.dialect]()
        self.settings = tls.Settings(chosen)
        self.connections = set()
        self.tun = Tun(chosen, self.journal)
        self.stopping = asyncio.Event()

    def misbehaviour(self):
        return misbehave.make(self.options.misbehave)

    def tls_session(self):
        return tls.Session(self.settings)

    def pause_tun(self, paused):
        self.tun.pause(paused)

    def bug(self, _loop, context):
        """An exception of ours must not pass for good behaviour of the client."""
        error = context.get("exception")
        if isinstance(error, AttributeError) and "_call_connection_lost" in context["message"]:
            # asyncio's own: a write that fails in the moment of closing makes it tell the loss twice (Python 3.11).
            self.journal.event("lost-twice")
            return
        self.journal.violation(f"the server itself failed: {context['message']}: {error!r}")
        asyncio.get_running_loop().default_exception_handler(context)

    # -- commands from the test -----------------------------------------------------------------

    def command(self, text):
        for connection in list(self.connections):
            if connection.finished or connection.call is None:
                continue
            if text == "fire":
                connection.stage("live")
            elif text == "terminate":
                connection.call.link.fail()
            elif text == "disconnect":
                connection.call.disconnect()
            else:
                connection.misbehaviour.command(connection, text)
        self.journal.event("command", text=text)

    def listen_for_commands(self, path):
        control = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        control.bind(path)
        control.setblocking(False)
        asyncio.get_running_loop().add_reader(control, lambda: self.command(control.recv(100).decode()))

    # -- life -----------------------------------------------------------------------------------

    async def run(self):
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self.bug)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        for host, port in self.options.listen:
            await loop.create_server(lambda: Connection(self), host, port)
        if self.options.control:
            self.listen_for_commands(self.options.control)
        self.journal.event("listening")
        if self.options.ready:
            os.close(os.open(self.options.ready, os.O_CREAT | os.O_WRONLY, 0o644))
        await self.stopping.wait()
        for connection in list(self.connections):
            connection.finish("server stopped")
        return self.journal.verdict()


async def serve(arguments):
    return await Server(options.parse(arguments)).run()


def main(arguments):
    return 0 if asyncio.run(serve(arguments)) else 1
