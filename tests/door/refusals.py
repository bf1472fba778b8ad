"""Requests that are none, each with the status that it must get; 0: the connection is cut off."""
import json

from door import sale

MIB = 1024 * 1024


def head(method="POST", path="/v1/events", token="T", kind="application/x-ndjson", more=""):
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: till", "Connection: close"]
    if token is not None:
        lines.append("Authorization: " + token)
    if kind is not None:
        lines.append("Content-Type: " + kind)
    return "\r\n".join(lines) + "\r\n" + more


def post(body, token, **how):
    body = body if isinstance(body, bytes) else body.encode()
    return head(token=token, more="Content-Length: %d\r\n\r\n" % len(body), **how).encode("latin-1") + body


def get(path, token, method="GET"):
    return head(method, path, token, None, "\r\n").encode("latin-1")


def spoilt_lines():
    """(name, line, what the error must name)"""
    good = sale(9000, 100)
    yield "not JSON", "{", "line 1: line"
    yield "an array", "[]", "line 1"
    yield "a number", "12", "line 1"
    yield "null", "null", "line 1"
    yield "two objects", json.dumps(good) * 2, "line 1"
    yield "NUL", json.dumps(good)[:-1] + "\0}", "line 1"
    yield "a byte that is no UTF-8", b'{"type":"\xff"}', "line 1"
    yield "an unknown key", json.dumps({**good, "secret": 1}), "secret"
    yield "a key twice", json.dumps(good)[:-1] + ',"number":1}', "line 1"
    yield "deep", "[" * 60000, "line 1"
    yield "a number of 20 digits", json.dumps({**good, "gross_fen": 10 ** 19}), "line 1"
    yield "a long line", '{"type":"%s"}' % ("x" * 70000), "line 1"
    for key in ("type", "terminal", "number", "at", "gross_fen", "pay"):
        yield "without " + key, json.dumps({k: v for k, v in good.items() if k != key}), key
    for key, values in {
            "type": (None, 1, "", "sell", "SALE"), "terminal": (None, 1, "", "a b", "x" * 33),
            "number": (0, -1, 1.5, "1", 2 ** 53, None, True), "at": ("", "2026-03-01", "2026-13-01T00:00:00+08:00", 5),
            "member": ("", "0", "01", "x", 62, "1" * 20), "gross_fen": ("100", 1.5, None, []),
            "pay": ({}, None, "cash", [1], [{}], [{"with": "magic", "amount_fen": 1}], [{"with": "cash"}],
                    [{"with": "cash", "amount_fen": "1"}]),
            "ask": (1, "true", None), "channel": ("fax", 1), "operator": ("a b", 1), "receipt": ("x" * 65, 1)}.items():
        for value in values:
            yield "%s %.30r" % (key, value), json.dumps({**good, key: value}), key


def requests(token):
    """(name, bytes, status, what the body must contain)"""
    bearer = "Bearer " + token
    line = json.dumps(sale(9000, 100)) + "\n"
    for name, text, wanted in spoilt_lines():
        yield "line: " + name, post(text, bearer), 400, wanted
    other = "Bearer " + "0" * 64
    for name, value in (("none", None), ("empty", ""), ("Bearer alone", "Bearer"), ("an empty one", "Bearer "),
                        ("another", other), ("basic", "Basic " + token), ("bare", token), ("short", bearer[:-1]),
                        ("long", bearer + "0"), ("not hex", bearer[:-1] + "g"), ("a list", bearer + "," + bearer)):
        yield "token: " + name, post(line, value), 401, "Authorization"
        yield "token: %s, asking" % name, get("/v1/balance/6200000017", value), 401, "Authorization"
    for path in ("/", "/v1", "/v1/", "/v2/events", "/v1/event", "/v1//health", "/v1/balance",
                 "/etc/passwd", "/v1/health/x", "*"):
        yield "path: " + path, get(path, bearer), 404, "path"
    for path in ("1", "1/", "/1", "../health", "1/0", "1/x", "1/1/1", "1/-1", "1/01", "1/9007199254740993", "1%20/1"):
        yield "event: " + path, get("/v1/events/" + path, bearer), 400, "event"
    for path in ("", "0", "x", "01", "1" * 20, "-1", "1/1", "%00"):
        yield "member: " + path, get("/v1/balance/" + path, bearer), 400, "member"
    for method, path in (("GET", "/v1/events"), ("PUT", "/v1/events"), ("DELETE", "/v1/events/1/1"),
                         ("POST", "/v1/health"), ("PATCH", "/v1/balance/1"), ("OPTIONS", "/v1/health")):
        yield "method: %s %s" % (method, path), get(path, bearer, method), 405, "method"
    for kind in (None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonlines",
                 "multipart/form-data; boundary=x", "application/x-ndjsonx", "application"):
        yield "type: %s" % kind, post(line, bearer, kind=kind), 415, "Content-Type"
    yield "terminal: another's event", get("/v1/events/2/1", bearer), 403, "terminal 1"
    yield "terminal: another's line", post(line + json.dumps(sale(1, 1, terminal="2")), bearer), 403, "line 2"
    yield "body: none", post("", bearer), 400, "line"
    yield "body: blank lines", post("\n\r\n\n", bearer), 400, "line"
    yield "body: 1001 lines", post("x\n" * 1001, bearer), 413, "1000"
    yield "body: over a MiB", post("x" * (MIB + 1), bearer), 413, "1048576"
    yield "body: five MiB announced", head(token=bearer, more="Content-Length: 5242880\r\n\r\n").encode(), 413, ""
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    chunked = head(token=bearer, more="Transfer-Encoding: chunked\r\n\r\n").encode()
    yield "body: over a MiB in chunks", chunked + chunk * 17 + b"0\r\n\r\n", 413, "1048576"
    yield "body: too many chunks", chunked + chunk * 100 + b"0\r\n\r\n", 0, ""
    yield "body: a chunk that is none", chunked + b"zz\r\n\r\n", 400, ""
    yield "body: shorter than announced", head(token=bearer, more="Content-Length: 99\r\n\r\n").encode() + b"{}", 0, ""
    yield "body: a length that is none", head(token=bearer, more="Content-Length: x\r\n\r\n").encode(), 400, ""
    yield "head: garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 90, None, ""
    yield "head: no version", b"GET /v1/health\r\n\r\n", None, ""
    yield "head: too large", get("/v1/health", bearer)[:-2] + b"X: " + b"y" * 20000 + b"\r\n\r\n", None, ""
    yield "head: a long path", get("/" + "x" * 20000, bearer), None, ""
    yield "head: a header without a colon", get("/v1/health", bearer)[:-2] + b"nonsense\r\n\r\n", None, ""
    yield "head: no host", b"GET /v1/health HTTP/1.1\r\n\r\n", 400, ""
