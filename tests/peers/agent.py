#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs in the guest: one command a TCP connection.

The first line asked is {"argv": [...], "stdin": "..."}. Replies are lines too: any number of {"out": "..."},
then one {"exit": status}. While the command runs, {"signal": n} is delivered to its process group, and a
closed connection kills it: what the host forgets ends by itself. No authentication: the network holds the
host's test and nobody else.
"""

import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading


def kill_group(process, number):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


class Command(socketserver.StreamRequestHandler):
    def reply(self, **message):
        try:
            self.wfile.write(json.dumps(message).encode() + b"\n")
        except OSError:
            pass  # the host is gone; obey_signals() sees the same and kills

    def obey_signals(self, process):
        for line in self.rfile:
            kill_group(process, json.loads(line)["signal"])
        kill_group(process, signal.SIGKILL)

    def handle(self):
        request = json.loads(self.rfile.readline())
        try:
            process = subprocess.Popen(request["argv"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        except OSError as error:
            self.reply(out=f"{error}\n")
            self.reply(exit=127)
            return
        threading.Thread(target=self.obey_signals, args=(process,), daemon=True).start()
        try:
            process.stdin.write(request.get("stdin", "").encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # a command need not read what it is offered
        for line in process.stdout:
            self.reply(out=line.decode(errors="backslashreplace"))
        self.reply(exit=process.wait())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    port, host, host_port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with Server(("", port), Command) as server:
        socket.create_connection((host, host_port)).close()  # "I am up"
        server.serve_forever()


if __name__ == "__main__":
    main()
