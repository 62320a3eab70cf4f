// Cases: a caller asks a model of its own, which fails in its own way. Many are in flight at once; each is judged by what
// its caller got and by what the providers received.
import assert from 'node:assert/strict';
import { begin, callers, kinds, resultOf } from './callers.js';
import { AFTER_THE_LAST } from './faults.js';

const IN_FLIGHT = 24;

/** A model that no ladder names: no fault strikes it. */
const ORACLE = 'claude-opus-4-6';

let numbered = 0;

/** A name out of letters only: a digit would make another version of the model. */
function nextId() {
  let id = '';
  for (let left = numbered++, i = 0; i < 4; i++, left = Math.floor(left / 26)) id = String.fromCharCode(97 + (left % 26)) + id;
  return `case-${id}`;
}

/** What a caller is told by a provider that is well, asked without a gateway: the answer depends on the prompt alone. */
export function oracle(four) {
  const known = new Map();
  const once = (key, make) => {
    if (!known.has(key)) known.set(key, make());
    return known.get(key);
  };
  const direct = (caller) => caller.client(four.providers[caller.lead].url);
  return {
    whole: (caller, kind) => once(`${caller.sdk}|${caller.name}|${kind}`, async () => {
      const seen = begin();
      const asks = caller.runner ? callers.find((plain) => plain.sdk === caller.sdk) : caller; // a runner's first step, so to speak
      await asks.run(direct(caller), (kind === 'thinking' && caller.thinkers?.[0]) || caller.models[0], kinds[kind], seen);
      return seen;
    }),
    /** What is said once these tools have answered. */
    after: (prompt, names) => once(`${prompt}|${names}`, async () => {
      const seen = begin();
      await callers[0].run(direct(callers[0]), ORACLE, { prompt: [prompt, ...names.map(resultOf)].join('\n') }, seen);
      return seen.text;
    }),
  };
}

/** A case: who asks for what, which model with which ladder, and what goes wrong there. */
export function makeCase(caller, kind, model, to, fault, more = {}) {
  const name = `${model}${more.hasty ? '-hasty' : ''}-to-${to}-${nextId()}`;
  return { caller, kind, model: name, to, provider: caller.lead, fault: fault && { ...fault, models: [name] }, title: `${caller.name}, ${kind}, ${model} to ${to}`, ...more };
}

/** Runs cases, so many at once; gives what each came to: `seen` and, where there was one, `error`. */
export async function runCases(four, cases, faults = {}, inFlight = IN_FLIGHT) {
  const plans = { claude: [], openai: [], gemini: [], plain: [] };
  for (const { provider, fault } of cases) if (fault) plans[provider].push(fault);
  for (const [provider, more] of Object.entries(faults)) plans[provider].push(...more);
  await four.setFaults(plans);
  const before = await four.callsByModel();
  const outcomes = new Array(cases.length);
  let next = 0;
  await Promise.all(Array.from({ length: inFlight }, async () => {
    for (let i = next++; i < cases.length; i = next++) {
      const { caller, model, kind } = cases[i];
      const seen = begin();
      const error = await caller.run(caller.client(four.gateway.url), model, kinds[kind], seen).then(() => null, (reason) => reason ?? new Error('rejected with nothing'));
      outcomes[i] = { seen, error };
    }
  }));
  const after = await four.callsByModel();
  for (const [i, { provider, model }] of cases.entries()) outcomes[i].calls = (after[provider][model] ?? 0) - (before[provider][model] ?? 0);
  return outcomes;
}

/** Calls of the models that stand in, all together. */
export const standInCalls = (byModel) => Object.values(byModel).reduce((sum, models) => sum + Object.entries(models).filter(([name]) => !name.includes('-case-')).reduce((all, [, calls]) => all + calls, 0), 0);

/** Nothing but the whole answer will do. */
export async function assertWhole(told, { caller, kind }, { seen, error }) {
  if (error) throw error;
  const expected = await told.whole(caller, kind);
  if (kinds[kind].tools) {
    // An answer that was cut between two whole calls may be ended there: the program runs what it has and goes on.
    assert.ok(seen.calls.length >= 1, 'no tool was called');
    assert.deepEqual(seen.calls, expected.calls.slice(0, seen.calls.length));
    assert.equal(seen.text, caller.runner ? await told.after(kinds[kind].prompt, seen.calls.map((call) => call.name)) : expected.text);
  } else {
    assert.deepEqual(seen.calls, []);
    assert.equal(seen.text, expected.text);
    assert.deepEqual(seen.parsed, expected.parsed);
  }
  assert.equal(seen.whole, caller.wholes[caller.runner ? 'run' : kind]);
  assert.ok(seen.openings <= 1, `${seen.openings} answers began`);
  assert.ok(seen.closings <= 1, `${seen.closings} answers ended`);
}

/** An error of the SDK's own type, and before it at most the beginning of the answer: never an end. */
export async function assertTypedError(told, { caller, kind }, { seen, error }) {
  assert.ok(error, `an answer came: ${JSON.stringify(seen)}`);
  assert.ok(caller.isTyped(error), `not this SDK's own error: ${error.stack ?? error}`);
  assert.equal(seen.whole, null, 'a part of an answer was ended as if it were whole');
  const expected = await told.whole(caller, kind);
  if (!caller.runner) assert.ok(expected.text.startsWith(seen.text), `not the answer's beginning: ${seen.text}`);
  assert.deepEqual(seen.calls, expected.calls.slice(0, seen.calls.length));
}

/**
 * Everybody failed. What broke after its last word may be whole all the same, and what broke behind a whole call of a tool
 * may be ended there: the program runs it. Anything else is an error.
 */
export async function assertTypedErrorOrLawfulEnd(told, one, outcome) {
  const mayEnd = kinds[one.kind].tools || one.fault.after === AFTER_THE_LAST;
  if (mayEnd && !outcome.error) await assertWhole(told, one, outcome);
  else await assertTypedError(told, one, outcome);
}

/** Judges all cases, and tells of those that went wrong together: one cause often has many. */
export async function judge(cases, outcomes, check) {
  const wrong = [];
  for (const [i, one] of cases.entries()) {
    try {
      await check(one, outcomes[i]);
    } catch (reason) {
      wrong.push(`${one.title} (${JSON.stringify(one.fault)}, ${outcomes[i].calls} calls): ${reason.message}`);
    }
  }
  assert.ok(wrong.length === 0, `${wrong.length} of ${cases.length} cases:\n${wrong.slice(0, 12).join('\n')}`);
}
