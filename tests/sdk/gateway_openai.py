"""Drives a Turnpike gateway with the official `openai` package: base URL and key are changed, and nothing else.

Usage: gateway_openai.py BASE_URL KEY REVOKED_KEY      (needs only `pip install openai`)
The gateway sells the models of the tests' catalogue. Prints a line per case; exit code 1 when any failed. May be run
again: nothing depends on what was asked before.
"""

import asyncio
import json
import sys
import traceback

import openai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

BASE_URL, KEY, REVOKED_KEY = sys.argv[1:] if len(sys.argv) == 4 else sys.exit(__doc__)
MODEL = "tiny-chat"
CASES = []

client = OpenAI(base_url=f"{BASE_URL}/v1", api_key=KEY, max_retries=0, timeout=20)


def case(function):
    CASES.append(function)
    return function


def ask(message="Say hello", model=MODEL, using=client, **more):
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


def assert_priced(reply):
    """Cost, latency and route are where the package keeps members that it does not know."""
    extra = reply.model_extra
    assert extra["cost_usd"] > 0 and reply.usage.model_extra["cost"] == extra["cost_usd"], extra
    assert isinstance(extra["latency_ms"], int) and extra["routing"]["provider"] == "main", extra
    assert reply.cost_usd == extra["cost_usd"]  # The package reads unknown members as attributes, too.


@case
def a_chat_completion_names_model_latency_and_cost():
    reply = ask()
    assert reply.model == MODEL and reply.object == "chat.completion" and reply.choices[0].finish_reason == "stop"
    assert reply.choices[0].message.content.startswith("Say hello")
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert_priced(reply)
    expected = reply.usage.prompt_tokens * 1e-6 + reply.usage.completion_tokens * 4e-6
    assert abs(reply.cost_usd - expected) < 1e-12, (reply.cost_usd, expected)


@case
def an_alias_is_answered_under_the_catalogues_name():
    assert ask(model="tiny").model == MODEL


@case
def headers_are_there_for_whoever_looks():
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=[{"role": "user", "content": "x"}])
    assert len(raw.request_id) == 36 and raw.headers["x-turnpike-model"] == MODEL
    assert float(raw.headers["x-turnpike-cost-usd"]) == raw.parse().cost_usd
    assert int(raw.headers["x-ratelimit-remaining-requests"]) < int(raw.headers["x-ratelimit-limit-requests"])


@case
def a_stream_ends_with_usage_and_cost():
    chunks = list(ask("tokens=15", stream=True, stream_options={"include_usage": True}))
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(pieces) == 15 and "".join(pieces) == ask("tokens=15").choices[0].message.content
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == 15
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert {chunk.model for chunk in chunks} == {MODEL}
    assert_priced(chunks[-1])


@case
def a_stream_without_the_option_has_no_usage():
    assert all(chunk.usage is None and chunk.choices for chunk in ask(stream=True))


@case
def the_packages_own_stream_accumulator_is_content():
    with client.chat.completions.stream(
        model=MODEL, messages=[{"role": "user", "content": "tokens=9"}], stream_options={"include_usage": True}
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
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


@case
def a_tool_is_called_and_its_result_answered():
    asked = {"role": "user", "content": "call the tool"}
    reply = client.chat.completions.create(model=MODEL, messages=[asked], tools=[WEATHER])
    call = reply.choices[0].message.tool_calls[0]
    assert reply.choices[0].finish_reason == "tool_calls" and call.function.name == "get_weather"
    assert set(json.loads(call.function.arguments)) == {"city"}
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    answer = client.chat.completions.create(
        model=MODEL, messages=[asked, reply.choices[0].message, result], tools=[WEATHER]
    )
    assert answer.choices[0].finish_reason == "stop"
    assert_priced(answer)


@case
def a_streamed_call_arrives_whole():
    arguments = ""
    for chunk in ask("call the tool", tools=[WEATHER], stream=True):
        for part in chunk.choices[0].delta.tool_calls or []:
            arguments += part.function.arguments or ""
    assert set(json.loads(arguments)) == {"city"}


class Person(BaseModel):
    name: str
    age: int


@case
def a_json_schema_is_kept():
    reply = client.chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": "who"}], response_format=Person
    )
    assert isinstance(reply.choices[0].message.parsed, Person)
    assert_priced(reply)


@case
def our_own_members_go_in_the_extra_body():
    reply = ask(extra_body={"routing": {"strategy": "cost"}, "complexity": "simple"}, metadata={"feature": "search"})
    assert reply.model_extra["routing"]["strategy"]


@case
def embeddings_come_as_floats_and_cost():
    reply = client.embeddings.create(model="tiny-embedding", input=["a toll", "b"])
    assert len(reply.data) == 2 and len(reply.data[0].embedding) == 1536 and reply.model == "tiny-embedding"
    assert reply.usage.prompt_tokens == 3
    assert_priced(reply)
    tokens = client.embeddings.create(model="tiny-embedding", input=[[1, 2], [3]], dimensions=16)
    assert [len(item.embedding) for item in tokens.data] == [16, 16]


@case
def models_are_listed_and_retrieved():
    models = {model.id: model for model in client.models.list()}
    assert {MODEL, "tiny-embedding"} <= models.keys() and models[MODEL].object == "model"
    assert client.models.retrieve("tiny").id == MODEL


@case
def errors_are_of_the_right_class():
    for request, error, code in [
        ({"using": client.with_options(api_key=REVOKED_KEY)}, openai.AuthenticationError, "invalid_api_key"),
        ({"using": client.with_options(api_key="sk-somebody-else")}, openai.AuthenticationError, "invalid_api_key"),
        ({"model": "no-such-model"}, openai.NotFoundError, "model_not_found"),
        ({"model": "tiny-embedding"}, openai.BadRequestError, "model_not_supported"),
        ({"temperature": 9}, openai.BadRequestError, None),
        ({"model": "alone-error-429"}, openai.RateLimitError, None),
        ({"model": "alone-error-401"}, openai.InternalServerError, None),
        ({"model": "alone-error-402"}, openai.InternalServerError, None),
        ({"model": "alone-quota"}, openai.InternalServerError, None),
        ({"model": "alone-error-500"}, openai.InternalServerError, None),
        ({"model": "unserved-chat"}, openai.InternalServerError, "provider_not_configured"),
        ({"model": "alone-cut-5", "stream": True}, openai.APIError, None),
    ]:
        raised = expect(error, **request)
        assert code is None or raised.code == code, (request, raised.code)
    assert expect(openai.BadRequestError, temperature=9).param == "temperature"
    # 0.78 USD, more than the tests' account has.
    short = expect(openai.APIStatusError, max_tokens=65_000, n=3)
    assert short.status_code == 402 and short.code == "insufficient_quota" and "missing" in short.message


@case
def the_packages_own_retry_waits_as_long_as_it_is_told():
    """A refusal that asks for 600 ms is retried once, and told again."""
    with_retry = client.with_options(max_retries=1)
    assert expect(openai.RateLimitError, model="alone-error-429", using=with_retry).response.headers["retry-after-ms"]


@case
def twenty_at_once_are_all_answered():
    async def all_of_them():
        async with AsyncOpenAI(base_url=f"{BASE_URL}/v1", api_key=KEY, max_retries=0, timeout=20) as apart:
            asked = [
                apart.chat.completions.create(
                    model=MODEL, messages=[{"role": "user", "content": f"Say {place}"}], max_tokens=100
                )
                for place in range(20)
            ]
            return await asyncio.gather(*asked)

    replies = asyncio.run(all_of_them())
    texts = [reply.choices[0].message.content for reply in replies]
    assert all(text.startswith(f"Say {place}") for place, text in enumerate(texts)), texts
    assert len({reply.id for reply in replies}) == 20


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
