// The vendors' own SDKs as most programs use them: only the address and a key are given. Each asks one question and
// tells what came, in words that both share: `text`, `stop`, and `openings`, the number of answers that began.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

export const PROMPT = 'Why does the show go on? Answer in a few sentences, s’il vous plaît.';

/** Several times what the simulated model says; a limit on tokens also bounds how long a whole answer may take. */
const MAX_TOKENS = 1024;

/** Each SDK with the provider that its models come from first, and the one that stands in. */
export const sdks = [
  {
    name: 'Anthropic SDK', primary: 'claude', secondary: 'openai', model: 'claude-sonnet-5', hasty: 'claude-haiku-4-5', apart: 'claude-opus-4-6', whole: 'end_turn', limit: 'max_tokens',
    client: (url) => new Anthropic({ baseURL: url, apiKey: 'any' }),
    APIError: Anthropic.APIError,
    errors: Anthropic,
    async ask(client, model, prompt = PROMPT) {
      const message = await client.messages.create({ model, max_tokens: MAX_TOKENS, messages: [{ role: 'user', content: prompt }] });
      return { text: message.content.map((block) => block.text).join(''), stop: message.stop_reason, openings: 1 };
    },
    async stream(client, model, prompt = PROMPT, seen = begin()) {
      const events = await client.messages.create({ model, max_tokens: MAX_TOKENS, stream: true, messages: [{ role: 'user', content: prompt }] });
      for await (const event of events) {
        if (event.type === 'message_start') seen.openings++;
        if (event.type === 'content_block_delta') seen.text += event.delta.text;
        if (event.type === 'message_delta') seen.stop = event.delta.stop_reason;
        if (event.type === 'message_stop') seen.closings++;
      }
      return seen;
    },
  },
  {
    name: 'OpenAI SDK', primary: 'openai', secondary: 'claude', model: 'gpt-4.1', hasty: 'gpt-4.1-mini', apart: 'gpt-4o', whole: 'stop', limit: 'length',
    client: (url) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' }),
    APIError: OpenAI.APIError,
    errors: OpenAI,
    async ask(client, model, prompt = PROMPT) {
      const { choices } = await client.chat.completions.create({ model, max_tokens: MAX_TOKENS, messages: [{ role: 'user', content: prompt }] });
      return { text: choices[0].message.content, stop: choices[0].finish_reason, openings: choices.length };
    },
    async stream(client, model, prompt = PROMPT, seen = begin()) {
      const ids = new Set();
      const chunks = await client.chat.completions.create({ model, max_tokens: MAX_TOKENS, stream: true, messages: [{ role: 'user', content: prompt }] });
      for await (const chunk of chunks) {
        ids.add(chunk.id);
        seen.openings = ids.size;
        for (const choice of chunk.choices) {
          seen.text += choice.delta.content ?? '';
          if (choice.finish_reason) {
            seen.stop = choice.finish_reason;
            seen.closings++;
          }
        }
      }
      return seen;
    },
  },
];

/** What a stream has shown so far; kept by the caller, it outlives an error. */
export const begin = () => ({ text: '', stop: null, openings: 0, closings: 0 });
