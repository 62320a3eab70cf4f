// The SDKs' own helpers over streams, which are stricter than a loop over the events.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { healthyAnswer, LIMIT } from './support/checks.js';
import { PROMPT, sdks } from './support/sdks.js';
import { startStack } from './support/stack.js';

let stack;
before(async () => (stack = await startStack()));
after(() => stack.stop());

const [anthropic, openai] = sdks;
const situations = [
  { name: 'all well', faults: [] },
  { name: 'down', faults: [{ kind: 'status', code: 529 }] },
  { name: 'cut in the text', faults: [{ kind: 'cut', after: 5 }] },
  { name: 'error event in the text', faults: [{ kind: 'error_event', fraction: 0.5 }] },
  { name: 'clean end after the last word', faults: [{ kind: 'eof', after: 100_000 }] },
];
const broken = { kind: 'cut', fraction: 0.5 };
const question = { messages: [{ role: 'user', content: PROMPT }] };

describe('messages.stream()', () => {
  let client, expected;
  before(async () => {
    client = anthropic.client(stack.gateway.url);
    expected = await healthyAnswer(stack, anthropic);
  });
  const stream = () => client.messages.stream({ model: anthropic.model, max_tokens: 1024, ...question });

  for (const { name, faults } of situations) {
    test(`${name}: finalMessage() is the whole message`, LIMIT, async () => {
      await stack.setFaults({ claude: faults });
      const message = await stream().finalMessage();
      assert.equal(message.content.length, 1);
      assert.equal(message.content[0].text, expected);
      assert.equal(message.stop_reason, 'end_turn');
      assert.equal(message.role, 'assistant');
      assert.equal(message.model, anthropic.model);
      assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0, JSON.stringify(message.usage));
    });

    test(`${name}: on('text') tells each word once`, LIMIT, async () => {
      await stack.setFaults({ claude: faults });
      let text = '';
      const running = stream().on('text', (delta, soFar) => {
        text += delta;
        assert.equal(soFar, text);
      });
      assert.equal(await running.finalText(), expected);
      assert.equal(text, expected);
    });
  }

  test('cut everywhere: finalMessage() rejects', LIMIT, async () => {
    await stack.setFaults({ claude: [broken], openai: [broken] });
    await assert.rejects(stream().finalMessage(), anthropic.APIError);
  });
});

describe('chat.completions.stream()', () => {
  let client, expected;
  before(async () => {
    client = openai.client(stack.gateway.url);
    expected = await healthyAnswer(stack, openai);
  });
  const stream = (more) => client.chat.completions.stream({ model: openai.model, ...question, ...more });

  for (const { name, faults } of situations) {
    test(`${name}: finalChatCompletion() is the whole completion`, LIMIT, async () => {
      await stack.setFaults({ openai: faults });
      const completion = await stream({ stream_options: { include_usage: true } }).finalChatCompletion();
      assert.equal(completion.choices.length, 1);
      assert.equal(completion.choices[0].message.content, expected);
      assert.equal(completion.choices[0].finish_reason, 'stop');
      assert.match(completion.model, /^gpt-4\.1/);
      assert.ok(completion.usage.prompt_tokens > 0 && completion.usage.completion_tokens > 0, JSON.stringify(completion.usage));
      assert.equal(completion.usage.total_tokens, completion.usage.prompt_tokens + completion.usage.completion_tokens);
    });

    test(`${name}: on('content') tells each word once`, LIMIT, async () => {
      await stack.setFaults({ openai: faults });
      let text = '';
      const running = stream().on('content', (delta, soFar) => {
        text += delta;
        assert.equal(soFar, text);
      });
      assert.equal(await running.finalContent(), expected);
      assert.equal(text, expected);
    });

    test(`${name}, usage not asked for: none is shown`, LIMIT, async () => {
      await stack.setFaults({ openai: faults });
      const chunks = await client.chat.completions.create({ model: openai.model, stream: true, ...question });
      for await (const chunk of chunks) {
        assert.equal(chunk.choices.length, 1);
        assert.ok(chunk.usage == null);
      }
    });
  }

  test('cut everywhere: finalChatCompletion() rejects', LIMIT, async () => {
    await stack.setFaults({ claude: [broken], openai: [broken] });
    await assert.rejects(stream().finalChatCompletion(), openai.APIError);
  });
});
