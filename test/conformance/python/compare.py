"""Makes each call of a client twice, directly and through Weir, and prints the differences: one line of JSON per call."""

import asyncio
import json
import re
import sys
import time
import urllib.request
import warnings

warnings.filterwarnings("ignore")

surroundings = json.loads(sys.argv[1])
TOKEN = surroundings["token"]
calls = []
# All calls share a loop, because an unclosed client closes its connections when it is garbage collected.
loop = asyncio.new_event_loop()


def call(function):
    """Registers a call. It gets the URL with /v1; its result or exception is compared."""
    calls.append(function)
    return function


def sent_is_chance(function):
    """Marks a call that may end before its request is sent."""
    function.sent_is_chance = True
    return function


def compare():
    for function in calls:
        started = time.time()
        direct, through = (observe(function, surroundings[way]) for way in ("direct", "weir"))
        differences = {}
        find_differences(direct, through, "", differences)
        outcome = direct.get("raised", {}).get("class", "ok")
        line = {"call": function.__name__, "outcome": outcome, "differences": differences, "seconds": time.time() - started}
        print(json.dumps(line), flush=True)


def observe(function, url):
    take_sent()
    try:
        value = function(url + "/v1")
        seen = {"value": plain(loop.run_until_complete(value) if asyncio.iscoroutine(value) else value)}
    except Exception as error:
        seen = {"raised": describe_error(error)}
    sent = take_sent()
    if not hasattr(function, "sent_is_chance"):
        seen["sent"] = sent
    text = json.dumps(seen).replace(url, "URL")
    # Random ids: of Weir, of langchain's runs, of litellm's responses, of objects with the default repr.
    text = re.sub(r"req_[0-9a-f]{12,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|0x[0-9a-f]{6,}", "ID", text)
    return json.loads(text)


def take_sent():
    """Takes the requests that reached the provider since the last call."""
    with urllib.request.urlopen(surroundings["direct"] + "/seen") as response:
        return json.load(response)


def plain(value):
    """Converts a value to JSON with the class of each object, which distinguishes errors and events."""
    if hasattr(value, "model_dump"):
        return {"class": type(value).__name__, **plain(value.model_dump())}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, BaseException):
        return describe_error(value)
    return repr(value)


def describe_error(error):
    module = type(error).__module__.split(".")[0]
    described = {"class": f"{module}.{type(error).__name__}", "message": str(error)}
    for name in ("status_code", "code", "param", "type", "body", "llm_provider", "n_attempts"):
        if hasattr(error, name):
            described[name] = plain(getattr(error, name))
    headers = getattr(getattr(error, "response", None), "headers", {})
    # These control a client's retries.
    for name in ("retry-after", "retry-after-ms", "x-should-retry", "x-ratelimit-remaining-requests"):
        if name in headers:
            described[name] = headers[name]
    return described


def until_error(iterator):
    """Returns all items of an iterator, and the error that ends it."""
    items = []
    try:
        for item in iterator:
            items.append(item)
    except Exception as error:
        items.append(error)
    return items


def find_differences(direct, through, path, found):
    if isinstance(direct, dict) and isinstance(through, dict):
        for key in {**direct, **through}:
            place = f"{path}.{key}" if path else key
            if key not in through:
                found[place] = {"direct": direct[key]}
            elif key not in direct:
                found[place] = {"weir": through[key]}
            else:
                find_differences(direct[key], through[key], place, found)
    elif isinstance(direct, list) and isinstance(through, list) and len(direct) == len(through):
        for index, pair in enumerate(zip(direct, through)):
            find_differences(*pair, f"{path}[{index}]", found)
    elif direct != through and not (path.endswith(".body") and is_only_counted(direct, through)):
        found[path] = {"direct": direct, "weir": through}


def is_only_counted(direct, through):
    """Weir requests the usage of a stream if its caller does not: docs/clients.md."""
    try:
        asked, added = json.loads(direct), json.loads(through)
        return "stream_options" not in asked and {**asked, "stream_options": {"include_usage": True}} == added
    except (TypeError, ValueError):
        return False
