"""Makes calls with langchain-openai."""

from compare import TOKEN, call, compare, sent_is_chance, until_error
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from pydantic import BaseModel


class Event(BaseModel):
    """Plans an event."""

    name: str
    participants: list[str]


@tool
def plan(name: str, participants: list[str]) -> str:
    """Plans an event."""
    return name


@tool
def book(name: str, participants: list[str]) -> str:
    """Books an event."""
    return name


MESSAGES = [SystemMessage("You help."), HumanMessage("Hello! 你好")]


def model(url, name="gpt-4.1", **options):
    return ChatOpenAI(model=name, base_url=url, **{"api_key": TOKEN, "max_retries": 0, "timeout": 20, **options})


@call
def invoke(url):
    return model(url).invoke(MESSAGES)


@call
async def invoke_async(url):
    return await model(url).ainvoke(MESSAGES)


@call
def invoke_with_fields_that_nobody_knows(url):
    options = {"extra_body": {"invented": [1, 2.5e-7]}, "default_headers": {"X-My-Header": "mine"}}
    return model(url, seed=7, temperature=0, **options).invoke(MESSAGES)


@call
def invoke_response_headers(url):
    headers = model(url, include_response_headers=True).invoke(MESSAGES).response_metadata["headers"]
    return {name: value for name, value in headers.items() if name not in ("date", "connection", "keep-alive")}


@call
def invoke_image(url):
    content = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]
    return model(url).invoke([HumanMessage(content)])


@call
def two_choices(url):
    return model(url, n=2).generate([MESSAGES]).generations


@call
def log_probabilities(url):
    return model(url, logprobs=True, top_logprobs=2).invoke(MESSAGES)


@call
def batch(url):
    return model(url).batch([MESSAGES, MESSAGES], config={"max_concurrency": 1})


@call
def stream(url):
    return list(model(url).stream(MESSAGES))


@call
def stream_with_usage(url):
    chunks = list(model(url, stream_usage=True).stream(MESSAGES))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return [chunks, whole.usage_metadata]


@call
def stream_without_usage(url):
    return list(model(url, stream_usage=False).stream(MESSAGES))


@call
async def stream_async(url):
    return [chunk async for chunk in model(url, stream_usage=True).astream(MESSAGES)]


@call
async def stream_events(url):
    return [event["event"] async for event in model(url).astream_events(MESSAGES, version="v2")]


@call
def tools(url):
    return model(url).bind_tools([plan, book]).invoke(MESSAGES)


@call
def tools_answered(url):
    bound = model(url).bind_tools([plan, book], parallel_tool_calls=False)
    asked = bound.invoke(MESSAGES)
    answers = [ToolMessage("Done.", tool_call_id=each["id"]) for each in asked.tool_calls]
    return bound.invoke([*MESSAGES, asked, *answers])


@call
def tools_stream(url):
    return list(model(url).bind_tools([plan, book], strict=True).stream(MESSAGES))


def structures(method, **options):
    def whole(url):
        return model(url).with_structured_output(Event, method=method, include_raw=True, **options).invoke(MESSAGES)

    def stream(url):
        return list(model(url).with_structured_output(Event, method=method, **options).stream(MESSAGES))

    for function in (whole, stream):
        function.__name__ = f"structured_by_{method}_{function.__name__}"
        call(function)


structures("json_schema")
structures("function_calling")
structures("json_mode")


def fails(name, **options):
    def whole(url):
        return model(url, name, **options).invoke(MESSAGES)

    def stream(url):
        return list(model(url, name, **options).stream(MESSAGES))

    suffix = "_with_retries" if options else ""
    for function in (whole, stream):
        function.__name__ = f"{name}_{function.__name__}{suffix}".replace("-", "_")
        call(function)


for failure in ("context", "policy", "403", "404", "422", "429", "quota", "500", "html", "overloaded", "hang-up", "reset"):
    fails(f"fail-{failure}")
for failure in ("429", "500"):
    fails(f"fail-{failure}", max_retries=2)
fails("busy-twice", max_retries=2)


@call
def fail_in_stream(url):
    return until_error(model(url, "fail-in-stream").stream(MESSAGES))


@call
def fail_cut(url):
    return until_error(model(url, "fail-cut").stream(MESSAGES))


@call
def falls_back(url):
    return model(url, "fail-500").with_fallbacks([model(url)]).invoke(MESSAGES)


@call
def wrong_key(url):
    return model(url, api_key="sk-wrong").invoke(MESSAGES)


@call
@sent_is_chance
def timeout(url):
    return model(url, "fail-silent", timeout=0.2).invoke(MESSAGES)


@call
def responses(url):
    return model(url, use_responses_api=True).invoke(MESSAGES)


@call
def responses_stream(url):
    return list(model(url, use_responses_api=True).stream(MESSAGES))


@call
def responses_tools(url):
    return model(url, use_responses_api=True).bind_tools([plan, book]).invoke(MESSAGES)


@call
def responses_structured(url):
    return model(url, use_responses_api=True).with_structured_output(Event, method="json_schema").invoke(MESSAGES)


@call
def responses_fail(url):
    return model(url, "fail-context", use_responses_api=True).invoke(MESSAGES)


@call
def embed_documents(url):
    # Counting tokens first would download a vocabulary.
    options = {"model": "text-embedding-3-small", "check_embedding_ctx_length": False, "max_retries": 0}
    return OpenAIEmbeddings(base_url=url, api_key=TOKEN, **options).embed_documents(["a"])


@call
async def embed_query_async(url):
    options = {"model": "text-embedding-3-small", "check_embedding_ctx_length": False, "max_retries": 0}
    return await OpenAIEmbeddings(base_url=url, api_key=TOKEN, **options).aembed_query("a")


@call
def completion(url):
    return OpenAI(model="gpt-3.5-turbo-instruct", base_url=url, api_key=TOKEN, max_retries=0).invoke("a")


@call
def completion_stream(url):
    return list(OpenAI(model="gpt-3.5-turbo-instruct", base_url=url, api_key=TOKEN, max_retries=0).stream("a"))


compare()
