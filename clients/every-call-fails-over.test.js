// Every way of calling a model, every fault, every protocol to move to: the whole answer, once, or where everybody fails
// an error of the SDK's own. Cases are judged from both sides: what the program got, what the providers received.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { callers, modelsFor } from './support/callers.js';
import { assertTypedErrorOrLawfulEnd, assertWhole, judge, makeCase, oracle, runCases, standInCalls } from './support/cases.js';
import { beforeTheFirstWord, midway, rowsFor, statuses } from './support/faults.js';
import { startFour, understudies } from './support/four.js';

const LIMIT = { timeout: 120_000 };
const MAX_ATTEMPTS = 6;

let four, told;
before(async () => {
  four = await startFour();
  told = oracle(four);
});
after(() => four.stop());

const targets = Object.keys(understudies);
const sdks = [...new Set(callers.map((caller) => caller.sdk))];
const of = (sdk) => callers.filter((caller) => caller.sdk === sdk);

/** Each kind of answer that a caller asks for, by each model that it asks. */
const asked = (callersOf) => callersOf.flatMap((caller) => caller.kinds.flatMap((kind) => modelsFor(caller, kind).map((model) => ({ caller, kind, model }))));

/** A helper that runs tools calls twice, and is struck each time. */
const callsOf = ({ caller }) => (caller.runner ? 2 : 1);

async function standIns(act) {
  const before = standInCalls(await four.callsByModel());
  const result = await act();
  return { result, calls: standInCalls(await four.callsByModel()) - before };
}

for (const sdk of sdks) {
  describe(sdk, () => {
    test('all well: the whole answer, from one call', LIMIT, async () => {
      const cases = asked(of(sdk)).map(({ caller, kind, model }) => makeCase(caller, kind, model, 'gemini', null));
      const { result, calls } = await standIns(() => runCases(four, cases));
      await judge(cases, result, async (one, outcome) => {
        await assertWhole(told, one, outcome);
        assert.equal(outcome.calls, callsOf(one));
      });
      assert.equal(calls, 0);
    });

    test('nothing comes of the first provider: another one answers', LIMIT, async () => {
      // Every fault with every way of calling; the kinds of answer, the models and the targets take turns.
      const cases = of(sdk).flatMap((caller, c) => rowsFor(caller.streams, beforeTheFirstWord, statuses).flatMap((row, r) => [0, 1].map((turn) => {
        const kind = caller.kinds[(c + r + turn) % caller.kinds.length];
        const models = modelsFor(caller, kind);
        return makeCase(caller, kind, models[(r + turn) % models.length], targets[(c + r + 2 * turn + Math.floor(r / 4)) % targets.length], row.fault, { row });
      })));
      const { result, calls } = await standIns(() => runCases(four, cases));
      await judge(cases, result, async (one, outcome) => {
        await assertWhole(told, one, outcome);
        // A target that refused the key, or asked to be left alone, is asked less often or not at all the second time.
        const most = callsOf(one) * one.row.attempts;
        assert.ok(outcome.calls >= 1 && outcome.calls <= most, `${outcome.calls} calls, at most ${most} are allowed`);
      });
      // A model of the same protocol that does not reason refuses the wish for it, and is asked again in its own terms.
      const answers = cases.reduce((sum, one) => sum + callsOf(one), 0);
      const refusals = cases.filter((one) => one.kind === 'thinking').length;
      assert.ok(calls >= answers && calls <= answers + refusals, `${calls} calls of those that stand in, for ${answers} answers`);
    });

    test('everybody fails: a typed error, and no more calls than the gateway’s own', LIMIT, async () => {
      const cases = of(sdk).flatMap((caller, c) => rowsFor(caller.streams, beforeTheFirstWord, statuses, midway).map((row, r) => {
        const kind = caller.kinds[(c + r) % caller.kinds.length];
        const models = modelsFor(caller, kind);
        return makeCase(caller, kind, models[r % models.length], 'nobody', row.fault);
      }));
      await judge(cases, await runCases(four, cases), async (one, outcome) => {
        await assertTypedErrorOrLawfulEnd(told, one, outcome);
        assert.ok(outcome.calls <= MAX_ATTEMPTS * callsOf(one), `${outcome.calls} calls`);
      });
    });
  });
}
