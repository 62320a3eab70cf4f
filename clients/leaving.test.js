// The client hangs up: the provider is let go at once, nobody else is asked, and nobody is blamed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { healthyAnswer, assertWhole, LIMIT } from './support/checks.js';
import { PROMPT, sdks } from './support/sdks.js';
import { startStack } from './support/stack.js';

let stack;
before(async () => (stack = await startStack()));
after(() => stack.stop());

const question = { messages: [{ role: 'user', content: PROMPT }] };
const streams = {
  claude: (client) => client.messages.stream({ model: sdks[0].model, max_tokens: 300, ...question }),
  openai: (client) => client.chat.completions.stream({ model: sdks[1].model, ...question }),
};

for (const sdk of sdks) {
  describe(sdk.name, () => {
    let client, provider, expected;
    before(async () => {
      client = sdk.client(stack.gateway.url);
      provider = stack[sdk.primary];
      expected = await healthyAnswer(stack, sdk);
    });

    /** Faults that would hold for ever if nobody left: well past every clock here, but for the client's own. */
    const situations = [
      { name: 'while nothing has come', fault: { kind: 'hang' }, leave: (running) => running.abort() },
      { name: 'after the headers', fault: { kind: 'hang_after_headers' }, leave: (running) => running.abort() },
      { name: 'in the text', fault: { kind: 'stall', after: 5 }, shows: true, leave: (running) => running.abort() },
      { name: 'in a long text', fault: { kind: 'slow', factor: 2 }, shows: true, leave: (running) => running.abort() },
    ];

    for (const { name, fault, shows, leave } of situations) {
      test(`the client leaves ${name}: the provider sees it, and nobody else is asked`, LIMIT, async () => {
        await stack.setFaults({ [sdk.primary]: [fault] });
        const before = await provider.stats();
        const other = await stack[sdk.secondary].stats();
        const running = streams[sdk.primary](client);
        const left = assert.rejects(running.done(), sdk.errors.APIUserAbortError);
        if (shows) await new Promise((resolve) => running.once(sdk.primary === 'claude' ? 'text' : 'content', resolve));
        else await provider.statsWhen((stats) => stats.calls > before.calls);
        leave(running);
        await left;
        const now = await provider.statsWhen((stats) => stats.aborted > before.aborted);
        assert.equal(now.calls, before.calls + 1);
        assert.equal((await stack[sdk.secondary].stats()).calls, other.calls);
      });
    }

    test('the client breaks out of the loop: the provider sees it', LIMIT, async () => {
      await stack.setFaults({ [sdk.primary]: [{ kind: 'slow', factor: 2 }] });
      const before = await provider.stats();
      const stream = await (sdk.primary === 'claude'
        ? client.messages.create({ model: sdk.model, max_tokens: 300, stream: true, ...question })
        : client.chat.completions.create({ model: sdk.model, stream: true, ...question }));
      for await (const _ of stream) break;
      await provider.statsWhen((stats) => stats.aborted > before.aborted);
    });

    test('many clients have left: the next one is served as if nothing had been', LIMIT, async () => {
      await stack.setFaults({ [sdk.primary]: [{ kind: 'stall', after: 2 }] });
      const before = await provider.stats();
      await Promise.all(Array.from({ length: 20 }, async () => {
        const running = streams[sdk.primary](client);
        const left = assert.rejects(running.done(), sdk.errors.APIUserAbortError);
        await new Promise((resolve) => running.once(sdk.primary === 'claude' ? 'text' : 'content', resolve));
        running.abort();
        await left;
      }));
      await provider.statsWhen((stats) => stats.aborted === before.aborted + 20);
      await stack.setFaults();
      const { result, calls } = await stack.callsDuring(() => sdk.stream(client, sdk.model));
      assertWhole(sdk, result, expected);
      assert.deepEqual(calls, { [sdk.primary]: 1, [sdk.secondary]: 0 });
    });
  });
}
