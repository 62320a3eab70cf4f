// A streamed answer that breaks: in the text, in the thoughts, inside a tool call, between two, in JSON, before its first
// word and after its last; by a reset, a clean end, a closed connection, an error event, nonsense. Whoever goes on with it,
// in whatever protocol: the program has the whole answer, once. (For silence see every-silence.test.js.)
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { callers, modelsFor } from './support/callers.js';
import { assertTypedErrorOrLawfulEnd, assertWhole, judge, makeCase, oracle, runCases } from './support/cases.js';
import { AFTER_THE_LAST } from './support/faults.js';
import { startFour, understudies } from './support/four.js';

const LIMIT = { timeout: 120_000 };

let four, told;
before(async () => {
  four = await startFour();
  told = oracle(four);
});
after(() => four.stop());

const targets = Object.keys(understudies);
const places = [{ after: 1 }, { after: 2 }, { fraction: 0.15 }, { fraction: 0.3 }, { fraction: 0.5 }, { fraction: 0.7 }, { fraction: 0.85 }, { after: AFTER_THE_LAST }];
const ends = ['cut', 'eof', 'truncated_body', 'error_event', 'garbage'];

const streaming = callers.filter((caller) => caller.streams);
const sdks = [...new Set(streaming.map((caller) => caller.sdk))];

for (const sdk of sdks) {
  describe(sdk, () => {
    for (const kind of ['text', 'thinking', 'tool', 'parallel', 'structured']) {
      const asking = streaming.filter((caller) => caller.sdk === sdk && caller.kinds.includes(kind));
      const faults = ends.flatMap((end, e) => places.map((place, p) => ({ fault: { kind: end, ...place }, turn: e + p })));

      test(`${kind}, broken: the whole answer, whoever goes on`, LIMIT, async () => {
        // Every end at every place with every model, with half of the targets; the ways of calling take turns.
        const cases = faults.flatMap(({ fault, turn }, f) => targets.filter((_, t) => (turn + t) % 2 === 0).flatMap((to, t) => {
          const caller = asking[(f + t) % asking.length];
          return modelsFor(caller, kind).map((model) => makeCase(caller, kind, model, to, fault));
        }));
        await judge(cases, await runCases(four, cases), (one, outcome) => assertWhole(told, one, outcome));
      });

      test(`${kind}, broken once and then again by whoever goes on: the whole answer`, LIMIT, async () => {
        const cases = asking.flatMap((caller, c) => modelsFor(caller, kind).flatMap((model) => targets.map((to, t) =>
          makeCase(caller, kind, model, to, { kind: ends[(c + t) % ends.length], fraction: 0.4, times: 1 }))));
        // Two faults of one model strike one after the other.
        const again = cases.map((one) => ({ kind: 'cut', fraction: 0.5, models: [one.model] }));
        await judge(cases, await runCases(four, cases, { [asking[0].lead]: again }), (one, outcome) => assertWhole(told, one, outcome));
      });

      test(`${kind}, broken everywhere: a typed error, and no end`, LIMIT, async () => {
        const cases = faults.map(({ fault, turn }, f) => {
          const caller = asking[f % asking.length];
          const models = modelsFor(caller, kind);
          return makeCase(caller, kind, models[turn % models.length], 'nobody', fault);
        });
        await judge(cases, await runCases(four, cases), (one, outcome) => assertTypedErrorOrLawfulEnd(told, one, outcome));
      });
    }
  });
}
