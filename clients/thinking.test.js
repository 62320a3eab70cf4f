// Requests that ask for reasoning: the words are whole, and no signature that Anthropic would refuse spoils the conversation.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LIMIT } from './support/checks.js';
import { PROMPT, sdks } from './support/sdks.js';
import { startStack } from './support/stack.js';

let stack;
before(async () => (stack = await startStack()));
after(() => stack.stop());

const [anthropic, openai] = sdks;
const question = { role: 'user', content: PROMPT };
const followUp = { role: 'user', content: 'And why does the curtain fall?' };

const situations = [
  { name: 'all well', faults: [], thinks: true },
  { name: 'down', faults: [{ kind: 'status', code: 529 }] },
  { name: 'cut before the first thought', faults: [{ kind: 'cut' }] },
  { name: 'cut in the thoughts', faults: [{ kind: 'cut', after: 4 }], thinks: true },
  { name: 'clean end in the thoughts', faults: [{ kind: 'eof', after: 4 }], thinks: true },
  { name: 'cut in the text after them', faults: [{ kind: 'cut', fraction: 0.6 }], thinks: true },
  { name: 'cut after the last word', faults: [{ kind: 'cut', after: 100_000 }], thinks: true },
];

describe('Anthropic SDK', () => {
  let client, direct;
  before(() => {
    client = anthropic.client(stack.gateway.url);
    direct = anthropic.client(stack.claude.url);
  });

  const text = (message) => message.content.filter((block) => block.type === 'text').map((block) => block.text).join('');
  const kinds = [
    { what: 'thinking with a budget', request: { model: 'claude-haiku-4-5', max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 1024 } } },
    { what: 'adaptive thinking', request: { model: 'claude-sonnet-5', max_tokens: 4000, thinking: { type: 'adaptive' }, output_config: { effort: 'high' } } },
  ];

  for (const { what, request } of kinds) {
    for (const { name, faults, thinks } of situations) {
      for (const streamed of [false, true]) {
        test(`${what}, ${name}, ${streamed ? 'streamed' : 'not streamed'}: the text is whole, and the provider takes the history back`, LIMIT, async () => {
          await stack.setFaults();
          const expected = await direct.messages.create({ ...request, messages: [question] });
          await stack.setFaults({ claude: faults });
          const ask = (messages) => (streamed ? client.messages.stream({ ...request, messages }).finalMessage() : client.messages.create({ ...request, messages }));
          const message = await ask([question]);
          assert.equal(text(message), text(expected));
          assert.equal(message.stop_reason, 'end_turn');
          if (streamed && thinks) assert.equal(message.content[0].type, 'thinking');
          for (const block of message.content) if (block.type === 'thinking') assert.ok(block.signature, 'a thinking block without a signature');

          // The client sends everything back as it got it; the provider is well again, and strict.
          await stack.setFaults();
          const { result, calls } = await stack.callsDuring(() => ask([question, { role: 'assistant', content: message.content }, followUp]));
          const next = await direct.messages.create({ ...request, messages: [question, { role: 'assistant', content: expected.content }, followUp] });
          assert.equal(text(result), text(next));
          assert.deepEqual(calls, { claude: 1, openai: 0 });
        });
      }
    }
  }

  test('thinking that is not shown, cut in the text: the text is whole', LIMIT, async () => {
    const request = { model: 'claude-sonnet-5', max_tokens: 4000, thinking: { type: 'adaptive', display: 'omitted' }, messages: [question] };
    await stack.setFaults();
    const expected = await direct.messages.create(request);
    await stack.setFaults({ claude: [{ kind: 'cut', fraction: 0.6 }] });
    assert.equal(text(await client.messages.stream(request).finalMessage()), text(expected));
  });
});

describe('OpenAI SDK', () => {
  for (const { name, faults } of situations) {
    for (const model of ['gpt-5', 'o4-mini']) {
      test(`reasoning effort for ${model}, ${name}: the text is whole`, LIMIT, async () => {
        const request = { model, reasoning_effort: 'high', max_completion_tokens: 4000, messages: [question] };
        await stack.setFaults();
        const expected = await openai.client(stack.openai.url).chat.completions.create(request);
        await stack.setFaults({ openai: faults });
        const client = openai.client(stack.gateway.url);
        const completion = await client.chat.completions.stream(request).finalChatCompletion();
        assert.equal(completion.choices[0].message.content, expected.choices[0].message.content);
        assert.equal(completion.choices[0].finish_reason, 'stop');
      });
    }
  }
});
