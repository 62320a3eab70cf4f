// A call that stays at a provider of its own protocol goes through untouched, in both directions.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { LIMIT } from './support/checks.js';
import { PROMPT, sdks } from './support/sdks.js';
import { startStack } from './support/stack.js';
import { startTap } from './support/tap.js';

let stack;
const taps = {};
before(async () => {
  stack = await startStack({ between: async (name, url) => (taps[name] = await startTap(url)).url });
});
after(() => Promise.all([stack.stop(), taps.claude.stop(), taps.openai.stop()]));
beforeEach(() => stack.setFaults());

const [anthropic, openai] = sdks;
const question = { messages: [{ role: 'user', content: PROMPT }] };

/** A fetch that keeps the bytes both ways; handed to an SDK, it shows what the SDK said and heard. */
function recorder() {
  const record = {};
  return {
    record,
    fetch: async (url, options) => {
      record.url = String(url);
      record.sent = Buffer.from(options.body ?? '');
      record.headers = Object.fromEntries(new Headers(options.headers));
      const answer = await fetch(url, options);
      record.answer = answer.clone();
      return answer;
    },
  };
}

for (const { sdk, tap, call, path } of [
  { sdk: anthropic, tap: () => taps.claude, path: '/v1/messages', call: (client, more, options) => client.messages.create({ model: anthropic.model, max_tokens: 300, ...question, ...more }, options) },
  { sdk: openai, tap: () => taps.openai, path: '/v1/chat/completions', call: (client, more, options) => client.chat.completions.create({ model: openai.model, ...question, ...more }, options) },
]) {
  describe(sdk.name, () => {
    let client, record;
    before(() => {
      const recording = recorder();
      record = recording.record;
      client = sdk.client(stack.gateway.url).withOptions({ fetch: recording.fetch });
    });

    for (const stream of [false, true]) {
      test(`${stream ? 'streamed' : 'not streamed'}: the bodies are the same bytes on both sides`, LIMIT, async () => {
        const answer = await call(client, { stream });
        if (stream) for await (const _ of answer);
        const { body, answer: upstream, url } = tap().last();
        assert.equal(url, path);
        assert.deepEqual(body, record.sent);
        assert.deepEqual(Buffer.from(await record.answer.arrayBuffer()), upstream.body);
      });

      test(`fields that the gateway does not know, ${stream ? 'streamed' : 'not streamed'}: they reach the provider, and its refusal the client`, LIMIT, async () => {
        // A simulated provider refuses unknown fields as the real ones do: the refusal shows that the field came through.
        await assert.rejects(async () => call(client, { stream, field_of_tomorrow: { a: [1, 2.50, '\u2028'] } }), (error) => {
          assert.ok(error instanceof sdk.errors.BadRequestError, String(error));
          assert.match(error.message, /field_of_tomorrow/);
          return true;
        });
        assert.deepEqual(tap().last().body, record.sent);
      });
    }

    test('headers that the gateway does not know: they reach the provider', LIMIT, async () => {
      await call(client, {}, { headers: { 'x-of-tomorrow': 'yes', 'x-claude-code-session-id': 'abc', 'x-understudy-session': 'mine' } });
      const { headers } = tap().last();
      assert.equal(headers['x-of-tomorrow'], 'yes');
      assert.equal(headers['x-claude-code-session-id'], 'abc');
      assert.equal(headers['user-agent'], record.headers['user-agent']);
      assert.equal(headers['x-stainless-lang'], 'js');
      assert.equal(headers['x-understudy-session'], undefined, 'what is for the gateway goes no further');
    });

    test('query: it reaches the provider', LIMIT, async () => {
      await call(client, {}, { query: { beta: 'true', 'a b': 'ü&' } });
      assert.equal(tap().last().url, path + new URL(record.url).search);
    });

    test('the client’s key stays here: the provider gets its own', LIMIT, async () => {
      await call(client, {}, { headers: { cookie: 'secret=1' } });
      const { headers } = tap().last();
      const keys = [headers['x-api-key'], headers.authorization].filter(Boolean);
      assert.deepEqual(keys, [sdk === anthropic ? 'key-of-claude' : 'Bearer key-of-openai']);
      assert.equal(headers.cookie, undefined);
    });

    test('headers of the answer: the provider’s, and the gateway’s own', LIMIT, async () => {
      const { data, response, request_id } = await call(client, {}).withResponse();
      const upstream = tap().last().answer.headers;
      for (const name of Object.keys(upstream).filter((header) => /ratelimit|organization|request-id|openai-/.test(header))) {
        assert.equal(response.headers.get(name), upstream[name], name);
      }
      assert.equal(request_id, upstream['request-id'] ?? upstream['x-request-id']);
      assert.equal(response.headers.get('x-understudy-served-by'), `${sdk.primary}/${sdk.model}`);
      assert.equal(response.headers.get('x-understudy-attempts'), '1');
      assert.equal(response.headers.get('x-understudy-degraded'), 'false');
      assert.match(response.headers.get('x-understudy-request-id'), /^us_/);
      assert.ok(data.id);
    });

    test('moved to the other vendor: none of the first one’s headers, and the client’s own names', LIMIT, async () => {
      await stack.setFaults({ [sdk.primary]: [{ kind: 'status', code: 429, retry_after: 1 }] });
      const { data, response } = await call(client, {}).withResponse();
      assert.ok(response.headers.get('x-understudy-served-by').startsWith(`${sdk.secondary}/`));
      assert.equal(response.headers.get('retry-after'), null);
      assert.deepEqual([...response.headers.keys()].filter((name) => /ratelimit|anthropic-organization|openai-/.test(name)), []);
      assert.equal(data.model, sdk.model);
    });

    test('models.list(): pages of models with the ids that the routes name', LIMIT, async () => {
      const ids = [];
      for await (const model of client.models.list()) ids.push(model.id);
      assert.ok(ids.includes('gpt-4.1'), ids.join());
      assert.ok(ids.some((id) => id.startsWith('claude-')), ids.join());
    });

    test('models.retrieve(): the model of a route, and an honest 404', LIMIT, async () => {
      assert.equal((await client.models.retrieve(sdk.model)).id, sdk.model);
      await assert.rejects(client.models.retrieve('no-such-model'), sdk.errors.NotFoundError);
    });

    test('a model that no route serves: a typed 404, and nobody is called', LIMIT, async () => {
      const { calls } = await stack.callsDuring(() => assert.rejects(async () => call(client, { model: 'no-such-model' }), sdk.errors.NotFoundError));
      assert.deepEqual(calls, { claude: 0, openai: 0 });
    });
  });
}

describe('Anthropic SDK, its own calls', () => {
  let client, record;
  before(() => {
    const recording = recorder();
    record = recording.record;
    client = anthropic.client(stack.gateway.url).withOptions({ fetch: recording.fetch });
  });

  test('betas: the header reaches the provider', LIMIT, async () => {
    const betas = ['context-management-2025-06-27', 'interleaved-thinking-2025-05-14'];
    const message = await client.beta.messages.create({ model: anthropic.model, max_tokens: 300, betas, ...question });
    assert.ok(message.content[0].text);
    const { headers } = taps.claude.last();
    assert.equal(headers['anthropic-beta'], betas.join(','));
    assert.equal(headers['anthropic-version'], record.headers['anthropic-version']);
  });

  test('countTokens(): the provider’s number', LIMIT, async () => {
    const { input_tokens } = await client.messages.countTokens({ model: anthropic.model, ...question });
    assert.equal(input_tokens, JSON.parse(taps.claude.last().answer.body).input_tokens);
    assert.equal(taps.claude.last().url, '/v1/messages/count_tokens');
  });

  test('countTokens() while the provider is down: an estimate, marked as one', LIMIT, async () => {
    await stack.setFaults({ claude: [{ kind: 'status', code: 529 }] });
    const { data, response } = await client.messages.countTokens({ model: anthropic.model, ...question }).withResponse();
    assert.ok(data.input_tokens > 0);
    assert.equal(response.headers.get('x-understudy-degraded'), 'true');
    assert.equal(response.headers.get('x-understudy-served-by'), 'estimate');
  });
});
