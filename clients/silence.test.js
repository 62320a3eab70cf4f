// A provider takes the call and says nothing, or no more. The gateway's clocks decide; a hang is not asked twice, for it
// may be billed. The faults are waited for together: each strikes the calls of its own model only.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertFails, assertWhole, healthyAnswer, LIMIT } from './support/checks.js';
import { rowsFor, silence } from './support/faults.js';
import { PROMPT, sdks } from './support/sdks.js';
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

    const model = (row) => `${sdk.hasty}-${row.id}`;
    const strikes = (rows) => rows.map((row) => ({ ...row.fault, models: [model(row)] }));
    const together = { ...LIMIT, concurrency: true };

    for (const streamed of [false, true]) {
      const form = streamed ? 'streamed' : 'not streamed';
      const rows = rowsFor(streamed, silence);

      test(`one provider silent, ${form}`, together, async (t) => {
        await stack.setFaults({ [sdk.primary]: strikes(rows) });
        const { calls } = await stack.callsDuring(() => Promise.all(rows.map((row) =>
          t.test(`${row.name}: the other provider answers`, async () => {
            assertWhole(sdk, await (streamed ? sdk.stream(client, model(row)) : sdk.ask(client, model(row))), expected);
          }))));
        assert.deepEqual(calls, { claude: rows.length, openai: rows.length });
      });

      test(`both providers silent, ${form}`, together, async (t) => {
        await stack.setFaults({ [sdk.primary]: strikes(rows), [sdk.secondary]: [{ kind: 'hang' }] });
        const { calls } = await stack.callsDuring(() => Promise.all(rows.map((row) =>
          t.test(`${row.name}, and then a hang: a typed error`, () => assertFails(sdk, client, model(row), { streamed, expected, midway: row.midway })))));
        assert.deepEqual(calls, { claude: rows.length, openai: rows.length });
      });
    }

    test('slow within the clocks, streamed: nobody else is asked', LIMIT, async () => {
      await stack.setFaults({ [sdk.primary]: [{ kind: 'slow', factor: 1.5 }] });
      const { result, calls } = await stack.callsDuring(() => sdk.stream(client, sdk.model, PROMPT));
      assertWhole(sdk, result, expected);
      assert.deepEqual(calls, { [sdk.primary]: 1, [sdk.secondary]: 0 });
    });
  });
}
