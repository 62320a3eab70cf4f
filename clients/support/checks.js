// What a client may see: the whole answer once, or an error of its SDK's own type. Nothing in between.
import assert from 'node:assert/strict';
import { begin, PROMPT } from './sdks.js';
import { MAX_ATTEMPTS } from './stack.js';

/** A call that hangs must fail its test, not hold it; far beyond every clock of the gateway's. */
export const LIMIT = { timeout: 30_000 };

/** What a provider that is well answers: the same whoever is asked, for it depends on the prompt alone. */
export async function healthyAnswer(stack, sdk) {
  await stack.setFaults();
  return (await sdk.ask(sdk.client(stack[sdk.primary].url), sdk.model)).text;
}

export function assertWhole(sdk, answer, expected) {
  assert.equal(answer.text, expected);
  assert.equal(answer.stop, sdk.whole);
  assert.equal(answer.openings, 1);
  if ('closings' in answer) assert.equal(answer.closings, 1);
}

/** Asks, and expects an error; a stream may have shown a part of the answer, but no end. */
export async function assertFails(sdk, client, model, { streamed, expected, midway = false, type }) {
  const seen = begin();
  const error = await (streamed ? sdk.stream(client, model, PROMPT, seen) : sdk.ask(client, model)).then(
    (answer) => assert.fail(`an answer came: ${JSON.stringify(answer)}`),
    (reason) => reason,
  );
  assert.ok(error instanceof sdk.APIError, `${error?.stack ?? error}`);
  assert.ok(!(error instanceof sdk.errors.APIConnectionError), `told as a broken connection: ${error}`);
  if (type) assert.ok(error instanceof sdk.errors[type], `${error.constructor.name} in place of ${type}`);
  assert.equal(seen.stop, null, 'a part of an answer was ended as if it were whole');
  assert.equal(seen.closings, 0);
  assert.ok(expected.startsWith(seen.text), `not the answer's beginning: ${seen.text}`);
  if (!(midway && streamed)) assert.equal(seen.text, '');
  return error;
}

/** All providers together, with whatever the SDK repeats of its own accord. */
export function assertBounded(calls, most = MAX_ATTEMPTS) {
  assert.ok(calls.claude + calls.openai <= most, `${JSON.stringify(calls)} calls for one call, at most ${most} are allowed`);
}
