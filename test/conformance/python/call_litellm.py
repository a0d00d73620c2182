"""Makes calls with litellm, through its route for OpenAI-compatible servers."""

import io
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from compare import TOKEN, call, compare, sent_is_chance, until_error
from pydantic import BaseModel

litellm.telemetry = False
litellm.suppress_debug_info = True


class Event(BaseModel):
    name: str
    participants: list[str]


MESSAGES = [{"role": "system", "content": "You help."}, {"role": "user", "content": "Hello! 你好"}]
TOOLS = [
    {"type": "function", "function": {"name": name, "description": "Plans.", "parameters": Event.model_json_schema()}}
    for name in ("plan", "book")
]
PICTURE = b"\x89PNG\r\n\x1a\n"
COUNTED = {"include_usage": True}


def at(url, model="gpt-4.1", **options):
    return {"model": f"openai/{model}", "api_base": url, **{"api_key": TOKEN, "max_retries": 0, "timeout": 20, **options}}


def chat(url, model="gpt-4.1", **options):
    return litellm.completion(messages=MESSAGES, **at(url, model, **options))


@call
def chat_whole(url):
    return chat(url)


@call
async def chat_whole_async(url):
    return await litellm.acompletion(messages=MESSAGES, **at(url))


@call
def chat_with_fields_that_nobody_knows(url):
    return chat(url, seed=7, temperature=0, extra_body={"invented": [1, 2.5e-7]}, extra_headers={"X-My-Header": "mine"})


@call
def chat_hidden_headers(url):
    headers = chat(url)._hidden_params["additional_headers"]
    return {name: value for name, value in headers.items() if not name.endswith(("date", "connection", "keep-alive"))}


@call
def chat_cost(url):
    return litellm.completion_cost(chat(url))


@call
def chat_two_choices(url):
    return chat(url, n=2)


@call
def chat_logprobs(url):
    return chat(url, logprobs=True, top_logprobs=2)


@call
def chat_stream(url):
    return without_times(chat(url, stream=True))


@call
def chat_stream_with_usage(url):
    return without_times(chat(url, stream=True, stream_options=COUNTED))


@call
async def chat_stream_async(url):
    stream = await litellm.acompletion(messages=MESSAGES, **at(url, stream=True, stream_options=COUNTED))
    return without_times([chunk async for chunk in stream])


@call
def chat_stream_rebuilt(url):
    chunks = list(chat(url, stream=True, stream_options=COUNTED))
    return litellm.stream_chunk_builder(chunks, messages=MESSAGES).choices[0]


@call
def tools_whole(url):
    return chat(url, tools=TOOLS, tool_choice="auto")


@call
def tools_stream(url):
    return without_times(chat(url, tools=TOOLS, stream=True))


@call
def structured(url):
    return chat(url, response_format=Event)


@call
def structured_stream(url):
    return without_times(chat(url, response_format=Event, stream=True))


def fails(name, **options):
    def whole(url):
        return chat(url, name, **options)

    def stream(url):
        return without_times(chat(url, name, stream=True, **options))

    suffix = "_with_retries" if options else ""
    for function in (whole, stream):
        function.__name__ = f"{name}_{function.__name__}{suffix}".replace("-", "_")
        call(function)


for failure in ("context", "policy", "403", "404", "409", "413", "422", "429", "quota", "500"):
    fails(f"fail-{failure}")
for failure in ("html", "overloaded", "hang-up", "reset"):
    fails(f"fail-{failure}")
for failure in ("429", "500"):
    fails(f"fail-{failure}", max_retries=2)
fails("busy-twice", max_retries=2)


@call
def fail_in_stream(url):
    return without_times(until_error(chat(url, "fail-in-stream", stream=True)))


@call
def fail_cut(url):
    return without_times(until_error(chat(url, "fail-cut", stream=True)))


@call
def fail_cut_json(url):
    return chat(url, "fail-cut-json")


@call
def falls_back(url):
    return chat(url, "fail-500", fallbacks=[at(url)])


@call
def wrong_key(url):
    return chat(url, api_key="sk-wrong")


@call
@sent_is_chance
def timeout(url):
    return chat(url, "fail-silent", timeout=0.2)


@call
def text_completion(url):
    return litellm.text_completion(prompt="a", **at(url, "gpt-3.5-turbo-instruct"))


@call
def responses(url):
    return litellm.responses(input="Hi", **at(url))


@call
def responses_stream(url):
    return list(litellm.responses(input="Hi", **at(url, stream=True)))


@call
def responses_fail(url):
    return litellm.responses(input="Hi", **at(url, "fail-context"))


@call
def embedding(url):
    return litellm.embedding(input=["a", "b"], **at(url, "text-embedding-3-small"))


@call
async def embedding_async(url):
    return await litellm.aembedding(input=["a"], **at(url, "text-embedding-3-small", encoding_format="base64"))


@call
def moderation(url):
    return litellm.moderation(input="x", model="openai/omni-moderation-latest", api_base=url, api_key=TOKEN)


@call
def image_generation(url):
    return litellm.image_generation(prompt="a cat", **at(url, "gpt-image-1"))


@call
def image_edit(url):
    return litellm.image_edit(prompt="a cat", image=io.BytesIO(PICTURE), **at(url, "gpt-image-1"))


@call
def speech(url):
    return litellm.speech(voice="alloy", input="Hi", **at(url, "tts-1")).content


def transcribes(response_format):
    def transcribe(url):
        return litellm.transcription(file=("a.wav", b"RIFF1234WAVE"), response_format=response_format, **at(url, "whisper-1"))

    transcribe.__name__ = f"transcription_{response_format}"
    call(transcribe)


for form in ("json", "text", "verbose_json"):
    transcribes(form)


@call
def files(url):
    options = {"custom_llm_provider": "openai", "api_base": url, "api_key": TOKEN}
    uploaded = litellm.create_file(file=("a.jsonl", b'{"a": 1}\n'), purpose="batch", **options)
    return [uploaded, litellm.file_content(file_id=uploaded.id, **options).content]


@call
def batches(url):
    options = {"custom_llm_provider": "openai", "api_base": url, "api_key": TOKEN}
    made = litellm.create_batch(
        input_file_id="file-abc123", endpoint="/v1/chat/completions", completion_window="24h", **options
    )
    return [made, litellm.retrieve_batch(batch_id=made.id, **options)]


def without_times(chunks):
    """litellm sets each chunk's date from its own clock."""
    dumped = [chunk if isinstance(chunk, Exception) else chunk.model_dump() for chunk in chunks]
    return [{**chunk, "created": 0} if isinstance(chunk, dict) else chunk for chunk in dumped]


compare()
