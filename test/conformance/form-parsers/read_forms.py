"""Reads forms, one per line as JSON, and prints a parser's fields of each: [name, text] pairs, or null for a refused form."""

import base64
import json
import sys
from email.parser import BytesParser
from email.policy import HTTP, compat32

try:
    import python_multipart as multipart
    from python_multipart.multipart import parse_options_header
except ImportError:
    try:
        import multipart
        from multipart.multipart import parse_options_header
    except ImportError:
        multipart = None


class Refused(Exception):
    pass


def read_by_email(kind, body, policy):
    message = BytesParser(policy=policy).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    if not message.is_multipart():
        return None
    pairs = []
    for part in message.get_payload():
        name = part.get_param("name", header="content-disposition")
        if name is None or part.get_filename() is not None or part.is_multipart():
            continue
        text = (part.get_payload(decode=True) or b"").decode(part.get_content_charset() or "utf-8", "replace")
        pairs.append([str(name), text])
    return pairs


def user_safe_decode(source, codec):
    try:
        return source.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return source.decode("latin-1")


def read_as_starlette(kind, body):
    """Follows MultiPartParser of https://github.com/encode/starlette, starlette/formparsers.py, read 2026-11-29."""
    _, params = parse_options_header(kind)
    charset = params.get(b"charset", b"utf-8").decode("latin-1")
    if b"boundary" not in params:
        return None
    pairs = []
    state = {"field": b"", "value": b"", "headers": [], "name": None, "is_file": False, "data": b"", "ended": False}

    def part_begin():
        state.update(headers=[], name=None, is_file=False, data=b"")

    def header_field(data, start, end):
        state["field"] += data[start:end]

    def header_value(data, start, end):
        state["value"] += data[start:end]

    def header_end():
        state["headers"].append((state["field"].lower(), state["value"]))
        state.update(field=b"", value=b"")

    def headers_finished():
        value = None
        for name, text in state["headers"]:
            if name == b"content-disposition":
                value = text
        _, options = parse_options_header(value)
        if b"name" not in options:
            raise Refused
        state["name"] = user_safe_decode(options[b"name"], charset)
        state["is_file"] = b"filename" in options

    def part_data(data, start, end):
        state["data"] += data[start:end]

    def part_end():
        if not state["is_file"]:
            pairs.append([state["name"], user_safe_decode(state["data"], charset)])

    callbacks = {
        "on_part_begin": part_begin,
        "on_part_data": part_data,
        "on_part_end": part_end,
        "on_header_field": header_field,
        "on_header_value": header_value,
        "on_header_end": header_end,
        "on_headers_finished": headers_finished,
        "on_end": lambda: None,
    }
    parser = multipart.MultipartParser(params[b"boundary"], callbacks)
    parser.write(body)
    parser.finalize()
    return pairs


def read_with(parser, kind, body):
    if parser == "email":
        return read_by_email(kind, body, compat32)
    if parser == "email-http":
        return read_by_email(kind, body, HTTP)
    return read_as_starlette(kind, body)


def main():
    parser = sys.argv[1]
    if parser == "starlette" and multipart is None:
        sys.exit("python-multipart is not installed")
    for line in sys.stdin:
        form = json.loads(line)
        try:
            pairs = read_with(parser, form["type"], base64.b64decode(form["body"]))
        except Exception:  # Any exception of a parser is a refusal.
            pairs = None
        print(json.dumps(pairs))


main()
