// One provider fails, the other is well: the client gets the whole answer, once, and never hears of it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { assertBounded, assertWhole, healthyAnswer, LIMIT } from './support/checks.js';
import { beforeTheFirstWord, manners, midway, rowsFor, statuses } from './support/faults.js';
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

    // A key that was refused opens the breaker at once; a good answer closes it for the next test.
    beforeEach(async () => {
      await stack.setFaults();
      await sdk.ask(client, sdk.model);
    });

    const ask = (streamed, model) => stack.callsDuring(() => (streamed ? sdk.stream(client, model) : sdk.ask(client, model)));

    for (const streamed of [false, true]) {
      const form = streamed ? 'streamed' : 'not streamed';

      for (const row of rowsFor(streamed, beforeTheFirstWord, statuses, midway)) {
        test(`${row.name}, ${form}: the other provider answers`, LIMIT, async () => {
          await stack.setFaults({ [sdk.primary]: [row.fault] });
          const { result, calls } = await ask(streamed, sdk[row.model ?? 'model']);
          assertWhole(sdk, result, expected);
          assert.equal(calls[sdk.secondary], 1);
          // Targets apart remember: a second call may pass the first target over. A 429 whose headers show room is an outage, and left at once.
          if (row.model === 'apart' || row.name === '429') assert.ok(calls[sdk.primary] <= row.attempts);
          else assert.equal(calls[sdk.primary], row.attempts);
        });
      }

      test(`one word over and over, ${form}: never told as whole`, LIMIT, async () => {
        await stack.setFaults({ [sdk.primary]: [{ kind: 'repeat_token', after: 5 }] });
        const { result, calls } = await ask(streamed, sdk.model);
        // A whole answer can be asked for anew; of a stream the client has had the words already.
        if (!streamed) {
          assertWhole(sdk, result, expected);
          assert.deepEqual(calls, { [sdk.primary]: 2, [sdk.secondary]: 1 });
          return;
        }

        assert.equal(result.stop, sdk.limit);
        assert.equal(result.openings, 1);
        assert.deepEqual(calls, { [sdk.primary]: 1, [sdk.secondary]: 0 });
      });

      test(`one failure and well again, ${form}: the same provider answers`, LIMIT, async () => {
        await stack.setFaults({ [sdk.primary]: [{ kind: 'status', code: 503, times: 1 }] });
        const { result, calls } = await ask(streamed, sdk.model);
        assertWhole(sdk, result, expected);
        assert.deepEqual(calls, { [sdk.primary]: 2, [sdk.secondary]: 0 });
      });
    }

    for (const row of manners) {
      test(`cut in the text, and the one who goes on ${row.name}: ${row.joins ? 'the words are said once' : 'another goes on'}`, LIMIT, async () => {
        // The first provider cuts once; asked again, it goes on in the manner of the row.
        await stack.setFaults({ [sdk.primary]: [{ kind: 'cut', fraction: 0.5, times: 1 }, row.fault] });
        const { result, calls } = await ask(true, sdk.model);
        assertWhole(sdk, result, expected);
        assert.deepEqual(calls, { [sdk.primary]: 2, [sdk.secondary]: row.joins ? 0 : 1 });
      });
    }

    test('both cut in turn, streamed: the answer is carried on to its end', LIMIT, async () => {
      const cut = { kind: 'cut', after: 7 };
      await stack.setFaults({ [sdk.primary]: [cut], [sdk.secondary]: [{ ...cut, times: 1 }] });
      const { result, calls } = await ask(true, sdk.model);
      assertWhole(sdk, result, expected);
      assertBounded(calls);
    });

    test('an answer of the other kind of characters, cut in a word: not a character is lost', LIMIT, async () => {
      const prompt = '「劇場」とは何ですか？ Ünïcödé: 🎭';
      await stack.setFaults();
      const whole = (await sdk.ask(client, sdk.model, prompt)).text;
      await stack.setFaults({ [sdk.primary]: [{ kind: 'cut', after: 9 }] });
      assertWhole(sdk, await sdk.stream(client, sdk.model, prompt), whole);
    });

    test('forty calls at once while one provider is down: forty whole answers', LIMIT, async () => {
      await stack.setFaults({ [sdk.primary]: [{ kind: 'cut', after: 3, share: 0.5 }, { kind: 'status', code: 529 }] });
      const { result, calls } = await stack.callsDuring(() =>
        Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? sdk.stream(client, sdk.model, PROMPT) : sdk.ask(client, sdk.model)))));
      for (const answer of result) assertWhole(sdk, answer, expected);
      assert.ok(calls.claude + calls.openai <= 40 * 3);
    });
  });
}
