// Tool calls: whole ones or none. Half a call that looks whole is run by every client there is.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LIMIT } from './support/checks.js';
import { sdks } from './support/sdks.js';
import { startStack } from './support/stack.js';

let stack;
before(async () => (stack = await startStack()));
after(() => stack.stop());

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' }, units: { type: 'string', enum: ['metric', 'imperial'] } },
  required: ['city', 'days', 'units'],
  additionalProperties: false,
};
const names = ['get_weather', 'get_tides'];
const ONE = 'Please call get_weather for the harbour town of Königsberg.';
const TWO = 'Please call get_weather and get_tides for the harbour town.';
const EXPLAINED = 'Please explain and call get_weather for the harbour town.';

const anthropic = {
  ...sdks[0],
  request: (prompt, more) => ({ model: sdks[0].model, max_tokens: 1024, messages: [{ role: 'user', content: prompt }],
    tools: names.map((name) => ({ name, description: 'A tool.', input_schema: schema })), ...more }),
  whole: (client, request) => client.messages.create(request),
  helper: (client, request) => client.messages.stream(request).finalMessage(),
  read: (message) => ({
    calls: message.content.filter((block) => block.type === 'tool_use').map(({ name, input, id }) => ({ name, input, id })),
    text: message.content.filter((block) => block.type === 'text').map((block) => block.text).join(''),
    stop: message.stop_reason,
  }),
  stops: { tools: 'tool_use', words: 'end_turn' },
  next: (request, message, results) => ({ ...request, messages: [...request.messages, { role: 'assistant', content: message.content },
    { role: 'user', content: results.map(([id, content]) => ({ type: 'tool_result', tool_use_id: id, content })) }] }),
};

const openai = {
  ...sdks[1],
  request: (prompt, more) => ({ model: sdks[1].model, messages: [{ role: 'user', content: prompt }],
    tools: names.map((name) => ({ type: 'function', function: { name, description: 'A tool.', parameters: schema } })), ...more }),
  whole: (client, request) => client.chat.completions.create(request),
  helper: (client, request) => client.chat.completions.stream(request).finalChatCompletion(),
  read: ({ choices: [{ message, finish_reason }] }) => ({
    calls: (message.tool_calls ?? []).map((call) => ({ name: call.function.name, input: JSON.parse(call.function.arguments), id: call.id })),
    text: message.content ?? '',
    stop: finish_reason,
  }),
  stops: { tools: 'tool_calls', words: 'stop' },
  next: (request, { choices: [{ message }] }, results) => ({ ...request, messages: [...request.messages, message,
    ...results.map(([id, content]) => ({ role: 'tool', tool_call_id: id, content }))] }),
};

/** Names and arguments; ids are each maker's own. */
const essence = (calls) => calls.map(({ name, input }) => ({ name, input }));

for (const sdk of [anthropic, openai]) {
  describe(sdk.name, () => {
    let client, direct;
    before(() => {
      client = sdk.client(stack.gateway.url);
      direct = sdk.client(stack[sdk.primary].url);
    });
    const expectedOf = async (prompt, more) => {
      await stack.setFaults();
      return sdk.read(await sdk.whole(direct, sdk.request(prompt, more)));
    };

    const prompts = [
      { what: 'one call', prompt: ONE, calls: 1 },
      { what: 'two calls in one answer', prompt: TWO, calls: 2 },
      { what: 'words and then a call', prompt: EXPLAINED, calls: 1 },
    ];
    const situations = [
      { name: 'all well', faults: [] },
      { name: 'down', faults: [{ kind: 'status', code: 503 }] },
      { name: 'cut before the first word', faults: [{ kind: 'cut' }] },
      { name: 'cut inside the first call', faults: [{ kind: 'cut', after: 2 }] },
      { name: 'clean end inside the first call', faults: [{ kind: 'eof', after: 2 }] },
      { name: 'error event inside the first call', faults: [{ kind: 'error_event', after: 2 }] },
    ];

    for (const { what, prompt, calls } of prompts) {
      for (const { name, faults } of situations) {
        for (const how of ['whole', 'helper']) {
          test(`${what}, ${name}, ${how === 'whole' ? 'not streamed' : 'streamed'}: whole calls with whole arguments`, LIMIT, async () => {
            const expected = await expectedOf(prompt);
            assert.equal(expected.calls.length, calls);
            await stack.setFaults({ [sdk.primary]: faults });
            const answer = sdk.read(await sdk[how](client, sdk.request(prompt)));
            assert.deepEqual(essence(answer.calls), essence(expected.calls));
            assert.equal(answer.text, expected.text);
            assert.equal(answer.stop, sdk.stops.tools);
            assert.equal(new Set(answer.calls.map((call) => call.id)).size, calls);
          });
        }
      }
    }

    test('two calls, cut inside the second: what the client runs is whole', LIMIT, async () => {
      const expected = await expectedOf(TWO);
      // More pieces than the first call has, fewer than both have.
      await stack.setFaults({ [sdk.primary]: [{ kind: 'cut', fraction: 0.75 }] });
      const answer = sdk.read(await sdk.helper(client, sdk.request(TWO)));
      assert.equal(answer.stop, sdk.stops.tools);
      assert.ok(answer.calls.length >= 1);
      assert.deepEqual(essence(answer.calls), essence(expected.calls).slice(0, answer.calls.length));
    });

    test('cut inside the call everywhere: an error, and no call', LIMIT, async () => {
      const cut = { kind: 'cut', after: 2 };
      await stack.setFaults({ claude: [cut], openai: [cut] });
      await assert.rejects(sdk.helper(client, sdk.request(ONE)), sdk.APIError);
      const raw = await sdk.helper(client, sdk.request(ONE)).catch((error) => error);
      assert.ok(raw instanceof Error);
    });

    for (const { name, faults } of [{ name: 'all well', faults: {} }, { name: 'the first provider down from the second turn on', faults: { [sdk.primary]: [{ kind: 'refuse' }] } }, { name: 'back at the first provider for the second turn', first: { [sdk.primary]: [{ kind: 'refuse' }] }, faults: {} }]) {
      test(`a conversation of two turns with parallel calls, ${name}: the history is understood`, LIMIT, async () => {
        await stack.setFaults(name.startsWith('back') ? { [sdk.primary]: [{ kind: 'refuse' }] } : {});
        const request = sdk.request(TWO);
        const first = await sdk.helper(client, request);
        const ids = sdk.read(first).calls.map((call) => call.id);
        const second = sdk.next(request, first, ids.map((id, i) => [id, `result ${i}`]));
        await stack.setFaults();
        const expected = sdk.read(await sdk.whole(direct, sdk.next(request, await sdk.whole(direct, request), []) && second)).text;
        await stack.setFaults(faults);
        const answer = sdk.read(await sdk.helper(client, second));
        assert.equal(answer.text, expected);
        assert.deepEqual(answer.calls, []);
        assert.equal(answer.stop, sdk.stops.words);
      });
    }

    test('a tool forced by the request, moved to the other vendor: that tool is called', LIMIT, async () => {
      const choice = sdk === anthropic ? { type: 'tool', name: 'get_tides' } : { type: 'function', function: { name: 'get_tides' } };
      await stack.setFaults({ [sdk.primary]: [{ kind: 'refuse' }] });
      const answer = sdk.read(await sdk.helper(client, sdk.request('What is it like out there?', { tool_choice: choice })));
      assert.deepEqual(answer.calls.map((call) => call.name), ['get_tides']);
    });

    test('tools forbidden by the request, moved to the other vendor: words', LIMIT, async () => {
      const choice = sdk === anthropic ? { type: 'none' } : 'none';
      await stack.setFaults({ [sdk.primary]: [{ kind: 'refuse' }] });
      const answer = sdk.read(await sdk.helper(client, sdk.request(ONE, { tool_choice: choice })));
      assert.deepEqual(answer.calls, []);
      assert.ok(answer.text.length > 0);
    });
  });
}
