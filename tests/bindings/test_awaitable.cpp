// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>

#include "tests/bindings/policy_session.h"

using namespace kiln;

TEST_CASE("an await gives the master's answer") {
  PolicySession session;

  const Json answer = session.run(R"(
async def main(master):
    row = await master.data_get('builds/7', {'fields': ['number'], 'order': ['-number'], 'limit': 3,
                                             'filters': [('results', 'ne', [0, 1])]})
    return row
)");

  CHECK(dump_json(answer) ==
        R"({"path":"builds/7","fields":["number"],"filters":[["results",1,[0,1]]],"order":[["number",true]],"limit":3})");
}

TEST_CASE("gather, create_task, shield and wait_for take the awaitable") {
  PolicySession session;

  const Json answer = session.run(R"(
import asyncio

async def main(master):
    ask = lambda path: master.data_get(path, {})
    gathered = await asyncio.gather(ask('a'), ask('b'))
    task = await asyncio.create_task(ask('c'))
    shielded = await asyncio.shield(ask('d'))
    in_time = await asyncio.wait_for(ask('e'), 30)
    return [row['path'] for row in [*gathered, task, shielded, in_time]]
)");

  CHECK(dump_json(answer) == R"(["a","b","c","d","e"])");
}

TEST_CASE("answers of one batch resume their tasks in order") {
  PolicySession session;

  const Json answer = session.run(R"(
import asyncio

async def main(master):
    order = []
    async def one(i):
        await master.data_get(str(i), {})
        order.append(i)
    await asyncio.gather(*(one(i) for i in range(1000)))
    return order == list(range(1000))
)");

  CHECK(answer == true);
}

TEST_CASE("two tasks may wait for the same answer, also after it came") {
  PolicySession session;

  const Json answer = session.run(R"(
import asyncio

async def main(master):
    shared = master.data_get('x', {})
    async def wait():
        return (await shared)['path']
    both = await asyncio.gather(wait(), wait())
    return both + [await wait(), shared.done(), shared.result()['path'], shared.exception()]
)");

  CHECK(dump_json(answer) == R"(["x","x","x",true,"x",null])");
}

TEST_CASE("a failed call raises MasterError with its code") {
  PolicySession session;

  const Json answer = session.run(R"(
import asyncio
from buildbot_cfg._core import MasterError

async def main(master):
    try:
        await master.control('builds/1', 'fly', {})
    except MasterError as error:
        first = [error.code, str(error)]
    [second] = await asyncio.gather(master.control('x', 'y', {}), return_exceptions=True)
    third = asyncio.create_task(master.control('x', 'z', {}))
    await asyncio.wait([third])
    return first + [type(second).__name__, type(third.exception()).__name__]
)");

  CHECK(dump_json(answer) ==
        R"(["not supported","no method \"fly\" at \"builds/1\"","MasterError","MasterError"])");
}

TEST_CASE("a cancelled await ends at once and its late answer is ignored") {
  PolicySession session;
  Reply<Json> late;
  session.host.on_data_get = [&](const std::string& path, Reply<Json> reply) {
    if (path == "never") {
      late = std::move(reply);
    } else {
      late(Json("late"));
      reply(Json(path));
    }
  };

  const Json answer = session.run(R"(
import asyncio

async def main(master):
    async def wait():
        try:
            await master.data_get('never', {})
        except asyncio.CancelledError as error:
            return ['cancelled', *error.args]
    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel('enough')
    first = await task
    waiting = master.data_get('never', {})
    try:
        await asyncio.wait_for(waiting, 0.001)
    except asyncio.TimeoutError:
        first.append('timeout')
    return first + [waiting.cancelled(), await master.data_get('after', {})]
)");

  CHECK(dump_json(answer) == R"(["cancelled","enough","timeout",true,"after"])");
}

TEST_CASE("a call made from a plain callback does not hang") {
  PolicySession session;

  const Json answer = session.run(R"(
import asyncio

async def main(master):
    loop = asyncio.get_running_loop()
    answered = loop.create_future()
    def plain():
        master.data_get('plain', {}).add_done_callback(lambda call: answered.set_result(call.result()['path']))
    loop.call_later(0.001, plain)
    return await answered
)");

  CHECK(answer == "plain");
}

TEST_CASE("a hundred thousand awaits all come back") {
  PolicySession session;

  const Json answer = session.run(R"(
import asyncio

async def main(master):
    async def worker():
        count = 0
        for _ in range(1000):
            await master.get_state('o', 'c', 'k')
            count += 1
        return count
    await master.set_state('o', 'c', 'k', 1)
    return sum(await asyncio.gather(*(worker() for _ in range(100))))
)");

  CHECK(answer == 100'000);
}

TEST_CASE("state that was never set is a KeyError, and set state comes back") {
  PolicySession session;

  const Json answer = session.run(R"(
async def main(master):
    try:
        await master.get_state('o', 'c', 'k')
    except KeyError as error:
        missing = error.args[0]
    await master.set_state('o', 'c', 'k', {'rev': [1, 'a']})
    return [missing, await master.get_state('o', 'c', 'k')]
)");

  CHECK(dump_json(answer) == R"(["k",{"rev":[1,"a"]}])");
}

TEST_CASE("a change reaches the master with its properties") {
  PolicySession session;

  const Json answer = session.run(R"(
async def main(master):
    return await master.add_change({'author': 'A <a@b>', 'files': ['x.c'], 'branch': None, 'comments': 'c',
                                    'when_timestamp': 5, 'src': 'git', 'properties': {'p': (1, 'Change')}})
)");

  CHECK(answer == 1);
  REQUIRE(session.host.changes.size() == 1);
  const script::ChangeDraft& draft = session.host.changes.front();
  CHECK(draft.src == "git");
  CHECK(draft.change.files == std::vector<std::string>{"x.c"});
  CHECK_FALSE(draft.change.branch);
  CHECK(draft.change.when_timestamp == 5);
  CHECK(draft.change.properties.find("p")->source == "Change");
}
