// Message Batches through Anthropic's own SDK: made, polled, listed, read, cancelled and deleted as at the vendor, and done by
// whoever is there.
import Anthropic from '@anthropic-ai/sdk';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { startProvider } from './support/stack.js';
import { start } from './support/program.js';

const TOKEN = 'token-of-the-operator-0123456789';
const LIMIT = { timeout: 120_000 };

let folder, gateway, claude, openai;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-batches-'));
  await writeFile(join(folder, 'token'), TOKEN);
  for (const name of ['ann', 'ben']) await writeFile(join(folder, name), `key-of-${name}`);
  [claude, openai] = await Promise.all([startProvider('anthropic'), startProvider('openai')]);
  await writeFile(join(folder, 'understudy.yaml'), `
listen: 127.0.0.1:0
store: "sqlite:${join(folder, 'understudy.db')}"
admin: { token: "\${file:${join(folder, 'token')}}" }
clients:
  - { name: ann, key: "\${file:${join(folder, 'ann')}}" }
  - { name: ben, key: "\${file:${join(folder, 'ben')}}" }
providers:
  claude: { protocol: anthropic, base_url: "${claude.url}", key: key-of-claude }
  openai: { protocol: openai, base_url: "${openai.url}/v1", key: key-of-openai }
retry: { base_delay: 5ms }
routes:
  - { match: claude-*, ladder: [{ target: claude/= }, { target: openai/gpt-4.1 }] }
`);
  gateway = await start('serve', '--config', join(folder, 'understudy.yaml'));
});

after(async () => {
  await Promise.all([gateway, claude, openai].map((program) => program?.kill()));
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  await Promise.all([claude.setFaults([]), openai.setFaults([])]);
});

const sdk = (name = 'ann') => new Anthropic({ baseURL: gateway.url, apiKey: `key-of-${name}` });
const batches = (name) => sdk(name).messages.batches;
const ask = (custom_id, content, model = 'claude-sonnet-5') => ({ custom_id, params: { model, max_tokens: 1024, messages: [{ role: 'user', content }] } });
const code = (name, index) => `${name}-${createHash('sha256').update(`${name} ${index}`).digest('hex').slice(0, 12)}`;
const many = (name, count) => Array.from({ length: count }, (_, index) => ask(code(name, index), `Question ${index} of ${name}?`));

async function lever(verb, what) {
  const answer = await fetch(`${gateway.url}/admin/${verb}`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` }, body: JSON.stringify({ what, why: 'a test' }) });
  assert.equal(answer.status, 200, await answer.text());
}

/** The batch, once it has ended: asked for again and again, as every user of batches does. */
async function ended(id, name) {
  const patience = AbortSignal.timeout(60_000);
  for (;;) {
    const batch = await batches(name).retrieve(id);
    if (batch.processing_status === 'ended') return batch;
    patience.throwIfAborted();
  }
}

/** The results by their custom id. */
async function results(id, name) {
  const found = new Map();
  for await (const line of await batches(name).results(id)) {
    assert.ok(!found.has(line.custom_id), `${line.custom_id} has two results`);
    found.set(line.custom_id, line.result);
  }
  return found;
}

/** What the provider would have said to a call of its own. */
async function whole(content) {
  const message = await sdk().messages.create({ model: 'claude-sonnet-5', max_tokens: 1024, messages: [{ role: 'user', content }] });
  return message.content[0].text;
}

for (const out of [undefined, 'claude']) {
  test(`made, polled and read${out ? ', though its own provider is killed' : ''}`, LIMIT, async () => {
    const asked = many(out ?? 'all-well', 12);
    const expected = await whole(asked[7].params.messages[0].content);
    if (out) await lever('kill', out);
    try {
      const made = await batches().create({ requests: asked });
      assert.match(made.id, /^msgbatch_/);
      assert.equal(made.type, 'message_batch');
      assert.equal(Date.parse(made.expires_at) - Date.parse(made.created_at), 24 * 3600_000);
      assert.equal(Object.values(made.request_counts).reduce((sum, count) => sum + count), 12);

      const batch = await ended(made.id);
      assert.deepEqual(batch.request_counts, { processing: 0, succeeded: 12, errored: 0, canceled: 0, expired: 0 });
      assert.ok(Date.parse(batch.ended_at) >= Date.parse(batch.created_at));
      assert.equal(new URL(batch.results_url).pathname, `/v1/messages/batches/${made.id}/results`);

      const found = await results(made.id);
      assert.deepEqual([...found.keys()].sort(), asked.map((one) => one.custom_id).sort());
      for (const { type, message } of found.values()) {
        assert.equal(type, 'succeeded');
        assert.equal(message.type, 'message');
        assert.equal(message.role, 'assistant');
        assert.equal(message.stop_reason, 'end_turn');
        assert.ok(message.usage.output_tokens > 0);
      }
      assert.equal(found.get(asked[7].custom_id).message.content[0].text, expected);
    } finally {
      if (out) await lever('revive', out);
    }
  });
}

test('a batch that is made in an outage is done when that is over, and cannot be deleted before', LIMIT, async () => {
  await lever('kill', 'all');
  const made = await batches().create({ requests: [ask('one', 'One?'), ask('two', 'Two?')] });
  try {
    assert.deepEqual((await batches().retrieve(made.id)).request_counts, { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 });
    await assert.rejects(batches().delete(made.id), Anthropic.BadRequestError);
  } finally {
    await lever('revive', 'all');
  }
  await ended(made.id);
  assert.deepEqual([...(await results(made.id)).values()].map((result) => result.type), ['succeeded', 'succeeded']);
});

test('what waits is cancelled, and nobody is asked for that', LIMIT, async () => {
  await lever('kill', 'all');
  const before = (await claude.stats()).calls + (await openai.stats()).calls;
  const made = await batches().create({ requests: many('cancelled', 5) });
  const cancelled = await batches().cancel(made.id);
  assert.ok(cancelled.cancel_initiated_at);
  assert.ok(['canceling', 'ended'].includes(cancelled.processing_status), cancelled.processing_status);
  await lever('revive', 'all');
  const batch = await ended(made.id);
  // One is under way, for it looks whether anybody can be asked; as at the vendor, that one may be done yet.
  const { canceled, succeeded } = batch.request_counts;
  assert.ok(canceled >= 4 && canceled + succeeded === 5, JSON.stringify(batch.request_counts));
  assert.equal([...(await results(made.id)).values()].filter((result) => result.type === 'canceled').length, canceled);
  assert.equal((await claude.stats()).calls + (await openai.stats()).calls, before + succeeded);
});

test('each request has an outcome of its own', LIMIT, async () => {
  await claude.setFaults([{ kind: 'status', code: 400 }]);
  const made = await batches().create({ requests: [ask('bad', 'One?')] });
  await ended(made.id);
  const result = (await results(made.id)).get('bad');
  assert.equal(result.type, 'errored');
  assert.equal(result.error.type, 'error');
  assert.equal(result.error.error.type, 'invalid_request_error');
});

test('listed newest first, page by page, and only to its owner', LIMIT, async () => {
  const made = [];
  for (let i = 0; i < 5; i++) made.unshift((await batches('ben').create({ requests: [ask('one', `Question ${i}?`)] })).id);
  const listed = [];
  for await (const batch of batches('ben').list({ limit: 2 })) listed.push(batch.id);
  assert.deepEqual(listed, made);
  const page = await batches('ben').list({ limit: 2, after_id: made[1] });
  assert.deepEqual(page.data.map((batch) => batch.id), made.slice(2, 4));
  assert.equal(page.has_more, true);
  await assert.rejects(batches('ann').retrieve(made[0]), Anthropic.NotFoundError);
  await assert.rejects(batches('ann').cancel(made[0]), Anthropic.NotFoundError);
  await assert.rejects(batches('ann').delete(made[0]), Anthropic.NotFoundError);
  await ended(made[0], 'ben');
});

test('deleted it is gone', LIMIT, async () => {
  const made = await batches().create({ requests: [ask('one', 'One?')] });
  await ended(made.id);
  assert.deepEqual(await batches().delete(made.id), { id: made.id, type: 'message_batch_deleted' });
  await assert.rejects(batches().retrieve(made.id), Anthropic.NotFoundError);
  await assert.rejects(batches().results(made.id), Anthropic.NotFoundError);
});

test('a batch with a mistake is refused as a whole, and the SDK does not try again', LIMIT, async () => {
  const calls = [];
  const counting = new Anthropic({ baseURL: gateway.url, apiKey: 'key-of-ann', fetch: (url, options) => (calls.push(url), fetch(url, options)) });
  await assert.rejects(counting.messages.batches.create({ requests: [ask('same', 'One?'), ask('same', 'Two?')] }), (error) => {
    assert.ok(error instanceof Anthropic.BadRequestError, error.constructor.name);
    assert.match(error.message, /requests\.1\.custom_id/);
    return true;
  });
  assert.equal(calls.length, 1);
  await assert.rejects(new Anthropic({ baseURL: gateway.url, apiKey: 'key-of-nobody' }).messages.batches.list(), Anthropic.AuthenticationError);
});
