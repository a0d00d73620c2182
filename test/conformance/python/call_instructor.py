"""Makes calls with instructor, in each of its modes for OpenAI."""

from collections.abc import Iterable
from functools import cache

import instructor
from compare import TOKEN, call, compare, sent_is_chance
from instructor import Mode
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel


class Event(BaseModel):
    """Plans an event."""

    name: str
    participants: list[str]


class Plan(Event):
    """Books an event."""


MESSAGES = [{"role": "user", "content": "Hello! 你好"}]


@cache
def openai(url, kind=OpenAI, **options):
    return kind(base_url=url, **{"api_key": TOKEN, "max_retries": 0, "timeout": 20, **options})


def connect(url, mode=Mode.TOOLS, **options):
    return instructor.from_openai(openai(url, **options), mode=mode)


def connect_async(url, mode=Mode.TOOLS):
    return instructor.from_openai(openai(url, AsyncOpenAI), mode=mode)


def ask(name="gpt-4.1", kind=Event, **options):
    return {"model": name, "messages": MESSAGES, "response_model": kind, "max_retries": 1, **options}


def works(mode, name="gpt-4.1"):
    """Registers every call of a mode: an object, the object with its response, a partial object, and async variants."""

    def create(url):
        return connect(url, mode).create(**ask(name))

    def create_with_completion(url):
        return connect(url, mode).create_with_completion(**ask(name))

    def create_partial(url):
        return list(connect(url, mode).create_partial(**ask(name)))

    async def create_async(url):
        return await connect_async(url, mode).create(**ask(name))

    async def create_partial_async(url):
        return [piece async for piece in connect_async(url, mode).create_partial(**ask(name))]

    for function in (create, create_with_completion, create_partial, create_async, create_partial_async):
        function.__name__ = f"{mode.value}_{function.__name__}"
        call(function)


works(Mode.TOOLS)
works(Mode.TOOLS_STRICT)
works(Mode.JSON)
works(Mode.JSON_SCHEMA)
works(Mode.MD_JSON, "in-markdown")


def responds(mode):
    def create(url):
        return connect(url, mode).create(**ask())

    create.__name__ = f"{mode.value}_create"
    call(create)


responds(Mode.RESPONSES_TOOLS)


@call
def tools_in_parallel(url):
    return list(connect(url, Mode.PARALLEL_TOOLS).create(**ask(kind=Iterable[Event | Plan])))


@call
def asks_again_after_what_does_not_fit(url):
    return connect(url).create_with_completion(**ask("invalid-first", max_retries=2))


@call
def asks_again_in_json(url):
    return connect(url, Mode.JSON).create_with_completion(**ask("invalid-first", max_retries=2))


@call
def does_not_fit(url):
    return connect(url).create(**ask("invalid-first", max_retries=1))


def fails(name, retries=0):
    def whole(url):
        return connect(url, max_retries=retries).create(**ask(name))

    def partial(url):
        return list(connect(url, max_retries=retries).create_partial(**ask(name)))

    for function in (whole, partial):
        function.__name__ = f"{name}_{function.__name__}{'_with_retries' if retries else ''}".replace("-", "_")
        call(function)


for failure in ("context", "policy", "404", "429", "500", "html", "overloaded", "hang-up", "reset"):
    fails(f"fail-{failure}")
fails("fail-429", 2)
fails("busy-twice", 2)


@call
def fail_in_stream(url):
    return list(connect(url).create_partial(**ask("fail-in-stream")))


@call
def fail_cut(url):
    return list(connect(url).create_partial(**ask("fail-cut")))


@call
def wrong_key(url):
    return connect(url, api_key="sk-wrong").create(**ask())


@call
@sent_is_chance
def timeout(url):
    return connect(url, timeout=0.2).create(**ask("fail-silent"))


compare()
