#!/usr/bin/env python3
"""Bottlepost, a tiny supplier of mailing lists: what docs/connectors.md builds a connector for.

    python3 docs/examples/bottlepost.py [PORT]

    POST   /v1/lists          {"name", "owner", "size": "small" or "large"}   201, or 409 name_taken, or 422 invalid
    GET    /v1/lists?name=…   {"lists": […]}
    GET    /v1/lists/ID       {"list": {"id", "name", "owner", "size", "state", "letters"}}
    PATCH  /v1/lists/ID       {"size"} or {"state": "open" or "closed"}
    DELETE /v1/lists/ID       204

All with "Authorization: Bearer message-in-a-bottle". What it knows is gone when it ends.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit

TOKEN = "message-in-a-bottle"
CHOICES = {"size": ("small", "large"), "state": ("open", "closed")}
lists = {}
lock = Lock()


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.body = status, {"error": {"code": code, "message": message}}


class Bottlepost(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_call(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            with lock:
                status, answer = self.answer(json.loads(body or "{}"))
        except Refused as refused:
            status, answer = refused.status, refused.body
        except ValueError:
            status, answer = 400, {"error": {"code": "malformed", "message": "The body is not JSON."}}
        text = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_call

    def answer(self, fields):
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(401, "unauthorized", "The token is wrong.")
        url = urlsplit(self.path)
        if url.path == "/v1/lists" and self.command == "POST":
            return 201, {"list": self.create(fields)}
        if url.path == "/v1/lists" and self.command == "GET":
            names = parse_qs(url.query).get("name")
            return 200, {"lists": [each for each in lists.values() if not names or each["name"] in names]}
        found = lists.get(url.path.removeprefix("/v1/lists/"))
        if not found:
            raise Refused(404, "not_found", "There is no such list.")
        if self.command == "PATCH":
            found.update(checked({name: fields[name] for name in CHOICES if name in fields}))
        if self.command == "DELETE":
            del lists[found["id"]]
            return 204, None
        return 200, {"list": found}

    def create(self, fields):
        made = {"id": f"list_{len(lists) + 1}", "state": "open", "letters": 0}
        for name in ("name", "owner", "size"):
            if not isinstance(fields.get(name), str) or not fields[name]:
                raise Refused(422, "invalid", f"The field {name} is missing.")
            made[name] = fields[name]
        checked(made)
        if any(each["name"] == made["name"] for each in lists.values()):
            raise Refused(409, "name_taken", "A list of this name exists already.")
        while made["id"] in lists:
            made["id"] += "x"
        lists[made["id"]] = made
        return made

    def log_message(self, *_):
        pass


def checked(fields):
    for name, values in CHOICES.items():
        if name in fields and fields[name] not in values:
            raise Refused(422, "invalid", f"The field {name} must be one of: {', '.join(values)}.")
    return fields


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8499), Bottlepost)
    print(f"Bottlepost listens on port {server.server_address[1]}", flush=True)
    server.serve_forever()
