"""Drives upstream-sim with the official `openai` package: what the package accepts here, it accepts at OpenAI.

Usage: sim_openai.py BASE_URL        (such as http://127.0.0.1:9100; needs only `pip install openai`)
Prints a line per case; exit code 1 when any failed.
"""

import json
import sys
import traceback
from urllib.request import Request, urlopen

import openai
from openai import OpenAI
from pydantic import BaseModel

try:
    import httpx2 as httpx
except ImportError:  # Packages before 3 speak through httpx.
    import httpx

BASE_URL = sys.argv[1].rstrip("/") if len(sys.argv) == 2 else sys.exit(__doc__)
CASES = []

client = OpenAI(base_url=f"{BASE_URL}/v1", api_key="sk-test", max_retries=0, timeout=20)


def case(function):
    CASES.append(function)
    return function


def ask(message="Say hello", model="gpt-4.1", using=client, **more):
    return using.chat.completions.create(model=model, messages=[{"role": "user", "content": message}], **more)


def expect(error, **request):
    try:
        reply = ask(**request)
        if request.get("stream"):
            list(reply)
    except error as raised:
        assert type(raised) is error, f"{type(raised)} is not exactly {error}"
        return raised
    raise AssertionError(f"no {error.__name__} from {request}")


@case
def a_chat_completion_has_text_usage_and_ids():
    reply = ask(seed=1)
    assert reply.model == "gpt-4.1" and reply.object == "chat.completion" and reply.id.startswith("chatcmpl-")
    assert reply.choices[0].finish_reason == "stop" and reply.choices[0].message.content.startswith("Say hello")
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply.usage.prompt_tokens == 8 and 36 <= reply.usage.completion_tokens <= 44
    assert reply.service_tier == "default" and reply.system_fingerprint.startswith("fp_")
    assert reply._request_id.startswith("req_")
    assert ask(seed=1).choices[0].message.content == reply.choices[0].message.content


@case
def limits_and_stops_end_an_answer():
    cut = ask("tokens=50", max_completion_tokens=7)
    assert cut.choices[0].finish_reason == "length" and cut.usage.completion_tokens == 7
    stopped = ask("one two three", stop=" three")
    assert stopped.choices[0].message.content == "one two" and stopped.choices[0].finish_reason == "stop"


@case
def long_prompts_are_cached_and_reasoning_is_counted():
    usage = ask("word " * 3000, reasoning_effort="medium").usage
    assert usage.prompt_tokens_details.cached_tokens == usage.prompt_tokens // 2 // 128 * 128 > 0
    assert usage.completion_tokens_details.reasoning_tokens == 64 < usage.completion_tokens


@case
def a_stream_ends_with_its_usage():
    chunks = list(ask("tokens=15", stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == 15
    assert all(chunk.usage is None for chunk in chunks[:-1])
    pieces = [chunk.choices[0].delta.content for chunk in chunks[:-1] if chunk.choices[0].delta.content]
    assert len(pieces) == 15 and "".join(pieces) == ask("tokens=15").choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant" and chunks[-2].choices[0].finish_reason == "stop"
    assert len({chunk.id for chunk in chunks}) == 1


@case
def a_stream_without_the_option_has_no_usage():
    assert all(chunk.usage is None and chunk.choices for chunk in ask(stream=True))


@case
def the_packages_own_stream_accumulator_is_content():
    with client.chat.completions.stream(
        model="gpt-4.1", messages=[{"role": "user", "content": "tokens=9"}], stream_options={"include_usage": True}
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "content.done" in kinds and final.usage.completion_tokens == 9


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["c", "f"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


@case
def a_tool_is_called_and_its_result_answered():
    asked = {"role": "user", "content": "call the tool"}
    reply = client.chat.completions.create(model="gpt-4.1", messages=[asked], tools=[WEATHER])
    call = reply.choices[0].message.tool_calls[0]
    assert reply.choices[0].finish_reason == "tool_calls" and reply.choices[0].message.content is None
    assert call.function.name == "get_weather" and json.loads(call.function.arguments)["unit"] in ("c", "f")
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    answer = client.chat.completions.create(
        model="gpt-4.1", messages=[asked, reply.choices[0].message, result], tools=[WEATHER]
    )
    assert answer.choices[0].finish_reason == "stop" and answer.choices[0].message.tool_calls is None


@case
def streamed_calls_come_in_parts_of_their_own_index():
    other = {"type": "function", "function": {"name": "other", "parameters": {"type": "object", "properties": {}}}}
    arguments, names = {}, {}
    for chunk in ask("call all", tools=[WEATHER, other], stream=True):
        for part in chunk.choices[0].delta.tool_calls or []:
            arguments[part.index] = arguments.get(part.index, "") + (part.function.arguments or "")
            names.setdefault(part.index, part.function.name)
    assert names == {0: "get_weather", 1: "other"} and set(json.loads(arguments[0])) == {"city", "unit"}
    assert json.loads(arguments[1]) == {}


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


@case
def a_json_schema_is_kept():
    reply = client.chat.completions.parse(
        model="gpt-4.1", messages=[{"role": "user", "content": "who"}], response_format=Person
    )
    assert isinstance(reply.choices[0].message.parsed, Person)
    free = ask("some json", response_format={"type": "json_object"})
    assert isinstance(json.loads(free.choices[0].message.content), dict)


@case
def two_choices_differ_and_both_count():
    reply = ask("tokens=12", n=2)
    first, second = (choice.message.content for choice in reply.choices)
    assert first != second and [choice.index for choice in reply.choices] == [0, 1]
    assert reply.usage.completion_tokens == 24
    streamed = {0: "", 1: ""}
    for chunk in ask("tokens=12", n=2, stream=True):
        streamed[chunk.choices[0].index] += chunk.choices[0].delta.content or ""
    assert streamed == {0: first, 1: second}


@case
def embeddings_are_the_same_as_floats_and_as_base64():
    packed = client.embeddings.create(model="text-embedding-3-small", input=["a toll", "b"])
    plain = client.embeddings.create(model="text-embedding-3-small", input="a toll", encoding_format="float")
    assert len(packed.data) == 2 and len(packed.data[0].embedding) == 1536
    assert all(abs(a - b) < 1e-6 for a, b in zip(packed.data[0].embedding, plain.data[0].embedding, strict=True))
    assert packed.usage.prompt_tokens == packed.usage.total_tokens == 3
    short = client.embeddings.create(model="text-embedding-3-small", input=[[1, 2], [3]], dimensions=16)
    assert [len(item.embedding) for item in short.data] == [16, 16]


@case
def models_are_listed():
    assert "gpt-4.1" in [model.id for model in client.models.list()]
    assert client.models.retrieve("gpt-4o").owned_by == "system"


@case
def errors_are_of_the_right_class():
    for model, error in {
        "sim-400": openai.BadRequestError,
        "sim-401": openai.AuthenticationError,
        "sim-402": openai.APIStatusError,
        "sim-error-403": openai.PermissionDeniedError,
        "sim-error-404": openai.NotFoundError,
        "sim-429": openai.RateLimitError,
        "sim-quota": openai.RateLimitError,
        "sim-error-500": openai.InternalServerError,
        "sim-error-503": openai.InternalServerError,
    }.items():
        raised = expect(error, model=model)
        assert raised.body["message"] and raised.request_id.startswith("req_"), model
        expect(error, model=model, stream=True)
    limited = expect(openai.RateLimitError, model="sim-429")
    assert limited.response.headers["retry-after-ms"] == "600" and limited.code == "rate_limit_exceeded"
    bad_key = client.with_options(api_key="bad")
    assert expect(openai.AuthenticationError, using=bad_key).code == "invalid_api_key"


@case
def what_openai_does_not_know_is_refused_by_name():
    for name in ("routing", "models", "system", "complexity"):
        raised = expect(openai.BadRequestError, extra_body={name: {}})
        assert f"Unrecognized request argument supplied: {name}" in raised.message
    assert expect(openai.BadRequestError, metadata={"a": "b"}).param == "metadata"
    assert expect(openai.BadRequestError, temperature=3).param == "temperature"
    assert expect(openai.BadRequestError, extra_body={"stream_options": {"include_usage": True}}).param == "stream_options"


@case
def a_client_that_retries_gets_over_faults_of_limited_times():
    order = {"model": "*", "fault": "429", "times": 2}
    headers = {"content-type": "application/json"}
    urlopen(Request(f"{BASE_URL}/sim/faults", json.dumps(order).encode(), headers)).close()
    assert ask(using=client.with_options(max_retries=2)).choices[0].finish_reason == "stop"


@case
def a_cut_stream_raises():
    seen = []
    try:
        for chunk in ask(model="sim-cut-3", stream=True):
            seen.append(chunk.choices[0].delta.content)
    except (httpx.RemoteProtocolError, openai.APIConnectionError):
        assert len([text for text in seen if text]) == 3
    else:
        raise AssertionError("the stream ended as if it were whole")


@case
def an_error_in_the_middle_of_a_stream_raises():
    raised = expect(openai.APIError, model="sim-error-mid-2", stream=True)
    assert raised.type == "server_error"


@case
def connections_that_fail_raise():
    expect(openai.APIConnectionError, model="sim-reset")
    expect(openai.APITimeoutError, model="sim-hang", using=client.with_options(timeout=0.3))


@case
def splitting_and_joining_writes_changes_nothing():
    def text(model):
        return "".join(chunk.choices[0].delta.content or "" for chunk in ask("tokens=30", model=model, stream=True))

    assert text("sim-byte-split") == text("sim-one-write") == text("gpt-4.1") != ""


@case
def what_was_served_is_on_record():
    reply = ask("tokens=11", extra_headers={"x-client-request-id": "sdk-1"})
    with urlopen(f"{BASE_URL}/sim/served") as answer:
        served = json.load(answer)["served"]
    [record] = [record for record in served if record["id"] == reply.id]
    assert record["client_request_id"] == "sdk-1" and record["outcome"] == "complete"
    assert record["completion_tokens"] == record["sent_tokens"] == 11


def main():
    failed = 0
    for function in CASES:
        try:
            function()
            print(f"ok      {function.__name__}")
        except Exception:
            failed += 1
            print(f"FAILED  {function.__name__}\n{traceback.format_exc()}")
    print(f"{len(CASES) - failed} passed, {failed} failed, openai {openai.__version__}")
    sys.exit(1 if failed else 0)


main()
