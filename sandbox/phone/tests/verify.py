"""Judges what each forwarder app posted, with nothing but Python's own library.

Reads a JSON list of requests ({app, headers, body, url, key, now}) and prints one line for each that is wrong;
leaves with the number of them. The rules are the apps' own: who signs what, and how it is written.
"""

import base64
import hashlib
import hmac
import json
import sys
import urllib.parse


def digest(key, *parts):
    return hmac.new(key.encode(), b"".join(part.encode() for part in parts), hashlib.sha256)


def smsgate(request, headers, body):
    event = json.loads(body)
    assert event["event"] == "sms:received" and event["payload"]["sender"] == event["payload"]["phoneNumber"]
    assert headers["x-signature"] == digest(request["key"], body, headers["x-timestamp"]).hexdigest()
    assert abs(int(headers["x-timestamp"]) - request["now"]) <= 300
    return event["payload"]["sender"], event["payload"]["message"]


def sms_to_url(request, headers, body):
    event = json.loads(body)
    assert sorted(event) == ["from", "receivedStamp", "sentStamp", "sim", "text"]
    assert headers["transfer-encoding"] == "chunked" and "content-length" not in headers
    assert headers["x-signature"] == digest(request["key"], body).hexdigest()
    return event["from"], event["text"]


def sms_forwarder(request, headers, body):
    assert headers["content-type"].startswith("application/x-www-form-urlencoded")
    form = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
    key = request["key"]
    made = base64.b64encode(digest(key, form["timestamp"], "\n", key).digest()).decode()
    assert form["sign"] == urllib.parse.quote_plus(made)
    assert abs(int(form["timestamp"]) // 1000 - request["now"]) <= 300
    return form["from"], form["content"]


def httpsms(request, headers, body):
    scheme, token = headers["authorization"].split(" ")
    head, claims, signature = token.split(".")
    pad = lambda part: part + "=" * (-len(part) % 4)
    assert scheme == "Bearer" and json.loads(base64.urlsafe_b64decode(pad(head)))["alg"] == "HS256"
    made = base64.urlsafe_b64encode(digest(request["key"], head, ".", claims).digest()).rstrip(b"=").decode()
    assert signature == made
    claims = json.loads(base64.urlsafe_b64decode(pad(claims)))
    assert claims["iss"] == "api.httpsms.com" and claims["aud"] == request["url"]
    assert claims["nbf"] <= request["now"] <= claims["exp"] and claims["exp"] - claims["iat"] == 600
    event = json.loads(body)
    assert event["specversion"] == "1.0" and event["type"] == headers["x-event-type"] == "message.phone.received"
    assert event["data"]["encrypted"] is False and event["data"]["owner"].startswith("+20")
    return event["data"]["contact"], event["data"]["content"]


def textbee(request, headers, body):
    event = json.loads(body)
    assert event["webhookEvent"] == "MESSAGE_RECEIVED" and event["idempotencyKey"]
    assert headers["x-signature"] == digest(request["key"], body).hexdigest()
    return event["sender"], event["message"]


def generic(request, headers, body):
    event = json.loads(body)
    return event["sender"], event["message"]


JUDGES = {
    "smsgate": smsgate,
    "sms-to-url": sms_to_url,
    "sms-forwarder": sms_forwarder,
    "httpsms": httpsms,
    "textbee": textbee,
    "generic": generic,
}

wrong = 0
requests = json.load(sys.stdin)
assert sorted(request["app"] for request in requests) == sorted(JUDGES)
for request in requests:
    headers = {name.lower(): value for name, value in request["headers"]}
    try:
        sender, text = JUDGES[request["app"]](request, headers, request["body"])
        assert sender == "VF-Cash" and text == request["text"], (sender, text)
    except Exception as error:
        wrong += 1
        print(f"{request['app']}: {type(error).__name__} {error}\n{request}")
sys.exit(wrong)
