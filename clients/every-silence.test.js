// A provider that takes the call and says nothing, or no more: the gateway's clocks decide. All cases are waited for
// together: one wait for every way of calling, every kind of answer, every place and every protocol to move to.
import { after, before, test } from 'node:test';
import { callers, modelsFor } from './support/callers.js';
import { assertTypedErrorOrLawfulEnd, assertWhole, judge, makeCase, oracle, runCases } from './support/cases.js';
import { rowsFor, silence } from './support/faults.js';
import { startFour, understudies } from './support/four.js';

const LIMIT = { timeout: 120_000 };

let four, told;
before(async () => {
  four = await startFour();
  told = oracle(four);
});
after(() => four.stop());

const targets = Object.keys(understudies);
// A helper that runs tools would wait twice.
const asking = callers.filter((caller) => !caller.runner);

/** Slow is slower than the patience of whoever waits for reasoning. */
const slower = (row) => (row.fault.kind === 'slow' ? { ...row, fault: { ...row.fault, factor: 100 } } : row);

const silent = (rows, check, to) => asking.flatMap((caller, c) => rows(caller).map(slower).map((row, r) => {
  const kind = caller.kinds[(c + r) % caller.kinds.length];
  const models = modelsFor(caller, kind);
  return makeCase(caller, kind, models[r % models.length], to ?? targets[(c + r) % targets.length], row.fault, { hasty: true, check });
}));

const middles = [0.1, 0.3, 0.5, 0.7, 0.9].flatMap((fraction) => [{ fault: { kind: 'stall', fraction } }, { fault: { kind: 'stall', fraction } }]);

test('nobody is silent: the whole answer', LIMIT, async () => {
  // Also the warming up: what follows is held to clocks.
  const cases = asking.flatMap((caller) => targets.map((to) => makeCase(caller, caller.kinds[0], caller.models[0], to, { kind: 'refuse' })));
  await judge(cases, await runCases(four, cases), (one, outcome) => assertWhole(told, one, outcome));
});

test('one provider is silent or falls silent: another one answers or goes on; everybody is silent: a typed error', LIMIT, async () => {
  const cases = [
    ...silent((caller) => rowsFor(caller.streams, silence), assertWhole),
    ...silent((caller) => (caller.streams ? middles : []), assertWhole),
    ...silent((caller) => rowsFor(caller.streams, silence), assertTypedErrorOrLawfulEnd, 'nobody'),
  ];
  await judge(cases, await runCases(four, cases, {}, cases.length), (one, outcome) => one.check(told, one, outcome));
});
