// Every provider fails: the client gets an error that its SDK knows, soon, and the SDK's own retries add nothing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertBounded, assertFails, healthyAnswer, LIMIT } from './support/checks.js';
import { beforeTheFirstWord, clientMistakes, midway, rowsFor, statuses } from './support/faults.js';
import { sdks } from './support/sdks.js';
import { startStack } from './support/stack.js';

let stack;
before(async () => (stack = await startStack()));
after(() => stack.stop());

for (const sdk of sdks) {
  describe(sdk.name, () => {
    let client, expected;
    before(async () => {
      client = sdk.client(stack.gateway.url);
      expected = await healthyAnswer(stack, sdk);
    });

    for (const streamed of [false, true]) {
      const form = streamed ? 'streamed' : 'not streamed';

      for (const row of rowsFor(streamed, beforeTheFirstWord, statuses, midway)) {
        test(`${row.name} everywhere, ${form}: a typed error`, LIMIT, async () => {
          await stack.setFaults({ claude: [row.fault], openai: [row.fault] });
          const model = sdk[row.model ?? 'model'];
          const { calls } = await stack.callsDuring(() => assertFails(sdk, client, model, { streamed, expected, midway: row.midway }));
          assertBounded(calls, 2 * row.attempts);
          if (row.model !== 'apart') assert.ok(calls.claude >= 1 && calls.openai >= 1, `not everybody was asked: ${JSON.stringify(calls)}`);
        });
      }

      for (const { code, type } of clientMistakes) {
        test(`${code} of the first provider, ${form}: the client's own mistake, told at once in its provider's words`, LIMIT, async () => {
          await stack.setFaults({ [sdk.primary]: [{ kind: 'status', code }] });
          const direct = await assertFails(sdk, sdk.client(stack[sdk.primary].url), sdk.model, { streamed, expected, type });
          const { result, calls } = await stack.callsDuring(() => assertFails(sdk, client, sdk.model, { streamed, expected, type }));
          assert.equal(result.status, code);
          assert.deepEqual(result.error?.error ?? result.error, direct.error?.error ?? direct.error);
          assert.deepEqual(calls, { [sdk.primary]: 1, [sdk.secondary]: 0 });
        });
      }
    }

    test('everything down: the error says who was asked, and when to come back', LIMIT, async () => {
      await stack.setFaults({ claude: [{ kind: 'status', code: 500 }], openai: [{ kind: 'refuse' }] });
      const error = await assertFails(sdk, client, sdk.model, { streamed: false, expected });
      assert.match(error.message, /claude\//);
      assert.match(error.message, /openai\//);
      assert.equal(error.headers.get('x-should-retry'), 'false');
      assert.match(error.headers.get('retry-after'), /^\d+$/);
      assert.equal(error.requestID, error.headers.get('x-understudy-request-id'));
    });
  });
}
