"""Makes calls with OpenAI's official client."""

import io
from functools import cache

import openai
from compare import TOKEN, call, compare, sent_is_chance, until_error
from openai import AsyncOpenAI, AzureOpenAI, OpenAI
from pydantic import BaseModel


class Event(BaseModel):
    name: str
    participants: list[str]


class Plan(Event):
    """Plans an event."""


@cache
def connect(url, kind=OpenAI, **options):
    return kind(base_url=url, **{"api_key": TOKEN, "max_retries": 0, "timeout": 20, **options})


def connect_async(url, **options):
    return connect(url, AsyncOpenAI, **options)


MESSAGES = [{"role": "developer", "content": "You help."}, {"role": "user", "content": "Hello! 你好"}]
TOOLS = [openai.pydantic_function_tool(Event), openai.pydantic_function_tool(Plan)]
COUNTED = {"include_usage": True}
SOUND = ("ü.wav", b"RIFF1234WAVE", "audio/wav")


def chat(client, model="gpt-4.1", **options):
    return client.chat.completions.create(model=model, messages=MESSAGES, **options)


@call
def chat_whole(url):
    return chat(connect(url))


@call
async def chat_whole_async(url):
    return await chat(connect_async(url))


@call
def chat_with_fields_that_nobody_knows(url):
    body = {"invented": {"deep": [1, 2.5e-7, None]}, "big": 12345678901234567890}
    headers = {"X-My-Header": "mine"}
    known = {"seed": 7, "temperature": 0, "logit_bias": {"50256": -100}, "metadata": {"用户": "测试"}}
    return chat(connect(url), extra_body=body, extra_headers=headers, extra_query={"x": "y z"}, **known)


@call
def chat_two_choices(url):
    return chat(connect(url), n=2)


@call
def chat_logprobs(url):
    return chat(connect(url), logprobs=True, top_logprobs=2)


@call
def chat_stream(url):
    return list(chat(connect(url), stream=True))


@call
def chat_stream_fields(url):
    return [chunk.to_dict() for chunk in chat(connect(url), stream=True)]


@call
def chat_stream_with_usage(url):
    return list(chat(connect(url), stream=True, stream_options=COUNTED))


@call
def chat_stream_with_usage_fields(url):
    return [chunk.to_dict() for chunk in chat(connect(url), stream=True, stream_options=COUNTED)]


@call
async def chat_stream_async(url):
    return [chunk async for chunk in await chat(connect_async(url), stream=True, stream_options=COUNTED)]


@call
def chat_stream_two_choices(url):
    return list(chat(connect(url), n=2, stream=True))


@call
def chat_stream_logprobs(url):
    return list(chat(connect(url), logprobs=True, stream=True))


@call
def chat_stream_left_early(url):
    stream = chat(connect(url), stream=True)
    first = next(stream)
    stream.close()
    return first


@call
def chat_stream_lines(url):
    with connect(url).chat.completions.with_streaming_response.create(
        model="gpt-4.1", messages=MESSAGES, stream=True, stream_options=COUNTED
    ) as response:
        return [response.headers["content-type"], *response.iter_lines()]


@call
def chat_raw_response(url):
    response = connect(url).chat.completions.with_raw_response.create(model="gpt-4.1", messages=MESSAGES)
    headers = {name: value for name, value in sorted(response.headers.items()) if name not in ("date", "connection", "keep-alive")}
    return [headers, response.status_code, response.http_response.http_version, response.parse()]


@call
async def chat_raw_response_async(url):
    response = await connect_async(url).chat.completions.with_raw_response.create(model="gpt-4.1", messages=MESSAGES)
    return [response.headers["openai-processing-ms"], response.status_code, response.parse()]


@call
def chat_stream_raw_response(url):
    response = connect(url).chat.completions.with_raw_response.create(model="gpt-4.1", messages=MESSAGES, stream=True)
    return [response.headers["x-ratelimit-remaining-requests"], list(response.parse())]


@call
def tools_whole(url):
    return chat(connect(url), tools=TOOLS, tool_choice="auto", parallel_tool_calls=False)


@call
def tools_in_parallel(url):
    return chat(connect(url), tools=TOOLS)


@call
def tools_answered(url):
    client = connect(url)
    message = chat(client, tools=TOOLS).choices[0].message
    answers = [{"role": "tool", "tool_call_id": each.id, "content": "Done."} for each in message.tool_calls]
    return client.chat.completions.create(model="gpt-4.1", messages=[*MESSAGES, message, *answers], tools=TOOLS)


@call
def tools_stream_in_parallel(url):
    return list(chat(connect(url), tools=TOOLS, stream=True))


@call
def tools_parse(url):
    return connect(url).chat.completions.parse(model="gpt-4.1", messages=MESSAGES, tools=TOOLS)


@call
def tools_stream_helper(url):
    with connect(url).chat.completions.stream(model="gpt-4.1", messages=MESSAGES, tools=TOOLS, stream_options=COUNTED) as stream:
        return [*stream, stream.get_final_completion()]


@call
def structured_parse(url):
    return connect(url).chat.completions.parse(model="gpt-4.1", messages=MESSAGES, response_format=Event)


@call
async def structured_parse_async(url):
    return await connect_async(url).chat.completions.parse(model="gpt-4.1", messages=MESSAGES, response_format=Event)


@call
def structured_stream_helper(url):
    with connect(url).chat.completions.stream(model="gpt-4.1", messages=MESSAGES, response_format=Event) as stream:
        return [*stream, stream.get_final_completion()]


def fails(name, **options):
    """Registers the same failure for a whole response and a stream."""

    def whole(url):
        return chat(connect(url, **options), model=name)

    def stream(url):
        return list(chat(connect(url, **options), model=name, stream=True))

    suffix = "_with_retries" if options else ""
    for function in (whole, stream):
        function.__name__ = f"{name}_{function.__name__}{suffix}".replace("-", "_")
        call(function)


for failure in ("context", "policy", "403", "404", "409", "413", "422", "429", "429-long", "quota", "500"):
    fails(f"fail-{failure}")
for failure in ("html", "overloaded", "for-good", "hang-up", "reset"):
    fails(f"fail-{failure}")
for failure in ("409", "429", "quota", "500", "html", "overloaded", "for-good"):
    fails(f"fail-{failure}", max_retries=2)
fails("busy-twice", max_retries=2)


@call
async def busy_twice_async(url):
    return await chat(connect_async(url, max_retries=2), model="busy-twice")


@call
def fail_in_stream(url):
    return until_error(chat(connect(url), model="fail-in-stream", stream=True))


@call
async def fail_in_stream_async(url):
    return [chunk async for chunk in await chat(connect_async(url), model="fail-in-stream", stream=True)]


@call
def fail_cut(url):
    return until_error(chat(connect(url), model="fail-cut", stream=True))


@call
def fail_cut_by_reset(url):
    # The number of bytes that the kernel delivers before the reset is random.
    return until_error(chat(connect(url), model="fail-cut-by-reset", stream=True))[-1]


@call
def fail_cut_json(url):
    return chat(connect(url), model="fail-cut-json")


@call
def wrong_key(url):
    return chat(connect(url, api_key="sk-wrong"))


@call
async def wrong_key_stream_async(url):
    return await chat(connect_async(url, api_key="sk-wrong"), stream=True)


@call
@sent_is_chance
def timeout(url):
    return chat(connect(url, timeout=0.2), model="fail-silent")


@call
@sent_is_chance
async def timeout_with_retries_async(url):
    return [chunk async for chunk in await chat(connect_async(url, timeout=0.2, max_retries=1), model="fail-silent", stream=True)]


@call
def no_messages(url):
    return connect(url).post("/chat/completions", body={"model": "gpt-4.1"}, cast_to=object)


@call
def no_such_path(url):
    return connect(url).post("/chat/complections", body={"model": "gpt-4.1"}, cast_to=object)


@call
def azure(url):
    client = AzureOpenAI(azure_endpoint=url.removesuffix("/v1"), api_key=TOKEN, api_version="2024-10-21", max_retries=0)
    return chat(client)


@call
def completions(url):
    return connect(url).completions.create(model="gpt-3.5-turbo-instruct", prompt=["a", "b"])


@call
def completions_stream(url):
    return list(connect(url).completions.create(model="gpt-3.5-turbo-instruct", prompt="a", stream=True))


@call
def responses(url):
    response = connect(url).responses.create(model="gpt-4.1", input="Hi", store=False)
    return [response, response.output_text]


@call
async def responses_async(url):
    content = [{"type": "input_text", "text": "Hi"}]
    return await connect_async(url).responses.create(model="gpt-4.1", input=[{"role": "user", "content": content}])


@call
def responses_stream(url):
    return list(connect(url).responses.create(model="gpt-4.1", input="Hi", stream=True))


@call
def responses_stream_helper(url):
    with connect(url).responses.stream(model="gpt-4.1", input="Hi") as stream:
        return [*stream, stream.get_final_response()]


RESPONSE_TOOLS = [{"type": "function", "name": "plan", "parameters": Event.model_json_schema(), "strict": True}]


@call
def responses_tools(url):
    return connect(url).responses.create(model="gpt-4.1", input="Hi", tools=RESPONSE_TOOLS)


@call
async def responses_tools_stream_async(url):
    stream = await connect_async(url).responses.create(model="gpt-4.1", input="Hi", tools=RESPONSE_TOOLS, stream=True)
    return [event async for event in stream]


@call
def responses_parse(url):
    return connect(url).responses.parse(model="gpt-4.1", input="Hi", text_format=Event).output_parsed


@call
def responses_in_background(url):
    client = connect(url)
    response = client.responses.create(model="gpt-4.1", input="Hi", background=True)
    seen = [response]
    while response.status in ("queued", "in_progress"):
        response = client.responses.retrieve(response.id)
        seen.append(response)
    return seen


@call
def responses_cancelled(url):
    client = connect(url)
    response = client.responses.create(model="gpt-4.1", input="Hi", background=True)
    return client.responses.cancel(response.id)


@call
def responses_fail(url):
    return connect(url).responses.create(model="fail-context", input="Hi")


@call
def responses_fail_429_stream(url):
    return list(connect(url).responses.create(model="fail-429", input="Hi", stream=True))


@call
def embeddings_as_base64(url):
    # Without `encoding_format` this client requests base64 and returns floats.
    return connect(url).embeddings.create(model="text-embedding-3-small", input=["a", "b"], dimensions=3)


@call
def embeddings_as_floats(url):
    return connect(url).embeddings.create(model="text-embedding-3-small", input=[[1, 2], [3]], encoding_format="float")


@call
async def embeddings_async(url):
    return await connect_async(url).embeddings.create(model="text-embedding-3-small", input="a", encoding_format="base64")


@call
def moderations(url):
    return connect(url).moderations.create(input="x")


@call
def images_generate(url):
    return connect(url).images.generate(model="gpt-image-1", prompt="a cat", size="1024x1024")


@call
def images_generate_stream(url):
    return list(connect(url).images.generate(model="gpt-image-1", prompt="a cat", stream=True, partial_images=1))


@call
def images_edit(url):
    pictures = [("a.png", b"\x89PNG123", "image/png"), ("b.png", b"\x89PNG456", "image/png")]
    return connect(url).images.edit(model="gpt-image-1", prompt="a cat 猫", image=pictures, n=1)


@call
def images_fail(url):
    return connect(url).images.generate(model="fail-policy", prompt="a cat")


@call
def speech(url):
    response = connect(url).audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="Hi")
    return [response.response.headers["content-type"], response.content]


@call
def speech_in_passing(url):
    with connect(url).audio.speech.with_streaming_response.create(model="tts-1", voice="alloy", input="Hi") as response:
        return b"".join(response.iter_bytes())


@call
def speech_events(url):
    return connect(url).audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="Hi", stream_format="sse").text


@call
def speech_fail(url):
    return connect(url).audio.speech.create(model="fail-429", voice="alloy", input="Hi")


def transcribes(response_format, **options):
    def transcribe(url):
        return connect(url).audio.transcriptions.create(model="whisper-1", file=SOUND, response_format=response_format, **options)

    transcribe.__name__ = f"transcribe_{response_format}"
    call(transcribe)


for form in ("json", "text", "srt", "vtt"):
    transcribes(form)
transcribes("verbose_json", timestamp_granularities=["word", "segment"])


@call
def transcribe_bytes_without_a_name(url):
    return connect(url).audio.transcriptions.create(model="gpt-4o-transcribe", file=io.BytesIO(b"RIFF1234WAVE"))


@call
def transcribe_stream(url):
    return list(connect(url).audio.transcriptions.create(model="gpt-4o-transcribe", file=SOUND, stream=True))


@call
async def transcribe_async(url):
    return await connect_async(url).audio.transcriptions.create(model="gpt-4o-transcribe", file=SOUND)


@call
def transcribe_fail(url):
    return connect(url).audio.transcriptions.create(model="fail-429", file=SOUND)


@call
def translate(url):
    return connect(url).audio.translations.create(model="whisper-1", file=SOUND)


@call
def translate_text(url):
    return connect(url).audio.translations.create(model="whisper-1", file=SOUND, response_format="text")


@call
def files(url):
    files = connect(url).files
    uploaded = files.create(file=("a.jsonl", b'{"a": 1}\n'), purpose="batch")
    return [uploaded, files.retrieve(uploaded.id), list(files.list()), files.content(uploaded.id).content, files.delete(uploaded.id)]


@call
async def files_async(url):
    files = connect_async(url).files
    uploaded = await files.create(file=("a.jsonl", b'{"a": 1}\n'), purpose="batch")
    return [uploaded, (await files.content(uploaded.id)).text]


@call
def files_unknown(url):
    return connect(url).files.retrieve("file-unknown")


@call
def batches(url):
    batches = connect(url).batches
    made = batches.create(input_file_id="file-abc123", endpoint="/v1/chat/completions", completion_window="24h")
    return [made, batches.retrieve(made.id), list(batches.list()), batches.cancel(made.id)]


@call
def models_list(url):
    return [model for model in connect(url).models.list() if model.id == "gpt-of-tomorrow"]


@call
def models_retrieve(url):
    return connect(url).models.retrieve("gpt-of-tomorrow")


@call
def models_unknown(url):
    return connect(url).models.retrieve("nothing")


compare()
