// One conversation of an agent: it thinks, calls tools two at a time, answers them, asks on. At every step another provider
// serves, each with a protocol of its own, for all the others are down; then the first one is asked again and takes the
// history back, strict as it is.
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { after, before, describe, test } from 'node:test';
import { resultOf } from './support/callers.js';
import { oracle } from './support/cases.js';
import { startFour } from './support/four.js';

const LIMIT = { timeout: 60_000 };
const MAX_TOKENS = 4096;

let four, told;
before(async () => {
  four = await startFour();
  told = oracle(four);
});
after(() => four.stop());

/** Who serves a step; the ladder of `tour-*` names all four. Each steps is served by another than the one before it. */
const stations = {
  claude: { provider: 'claude', model: 'claude-haiku-4-5', target: 'claude/claude-haiku-4-5' },
  plain: { provider: 'plain', model: 'gpt-4.1', target: 'plain/gpt-4.1' },
  responses: { provider: 'openai', model: 'gpt-5', target: 'responses/gpt-5' },
  gemini: { provider: 'gemini', model: 'gemini-3-pro', target: 'gemini/gemini-3-pro' },
};
const tours = {
  'claude first': ['claude', 'plain', 'responses', 'gemini', 'claude', 'gemini', 'plain', 'claude', 'responses', 'claude'],
  'gemini first': ['gemini', 'responses', 'claude', 'plain', 'gemini', 'plain', 'claude', 'gemini', 'responses', 'gemini'],
  'Responses first': ['responses', 'claude', 'gemini', 'plain', 'responses', 'gemini', 'claude', 'responses', 'plain', 'responses'],
};

const turns = [
  'Please explain and call get_weather and get_tides for the harbour of Königsberg.',
  'Thank you. And why does the curtain fall?',
  'Please call get_tides and get_weather once more, for the other bank.',
  'Now explain, and call get_weather twice.',
  'Farewell.',
];
const declared = tools();

function tools() {
  const schema = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city', 'days'], additionalProperties: false };
  return ['get_weather', 'get_tides'].map((name) => ({ name, description: 'A tool.', schema }));
}

/** Each SDK's conversation: `say` a user's words or `answer` calls, and get `{ text, calls, servedBy }`. */
const conversations = {
  'Anthropic SDK'() {
    const client = new Anthropic({ baseURL: four.gateway.url, apiKey: 'any' });
    const messages = [];
    const ask = async (content, streamed) => {
      messages.push({ role: 'user', content });
      const request = { model: 'tour-claude-haiku-4-5', max_tokens: MAX_TOKENS, thinking: { type: 'enabled', budget_tokens: 1024 }, messages, tools: declared.map(({ name, description, schema }) => ({ name, description, input_schema: schema })) };
      let message, response;
      if (streamed) {
        const stream = client.messages.stream(request);
        message = await stream.finalMessage();
        response = stream.response;
      } else ({ data: message, response } = await client.messages.create(request).withResponse());
      messages.push({ role: 'assistant', content: message.content });
      return {
        text: message.content.filter((block) => block.type === 'text').map((block) => block.text).join(''),
        calls: message.content.filter((block) => block.type === 'tool_use').map(({ id, name, input }) => ({ id, name, input })),
        servedBy: response.headers.get('x-understudy-served-by'),
      };
    };
    return { say: ask, answer: (calls, streamed) => ask(calls.map(({ id, name }) => ({ type: 'tool_result', tool_use_id: id, content: resultOf(name) })), streamed) };
  },
  'OpenAI SDK, chat'() {
    const client = new OpenAI({ baseURL: `${four.gateway.url}/v1`, apiKey: 'any' });
    const messages = [];
    const ask = async (more, streamed) => {
      messages.push(...more);
      const request = { model: 'tour-gpt-5', max_completion_tokens: MAX_TOKENS, reasoning_effort: 'high', messages, tools: declared.map(({ name, description, schema }) => ({ type: 'function', function: { name, description, parameters: schema } })) };
      const { response, message } = streamed ? await streamChat(client, request) : await client.chat.completions.create(request).withResponse().then(({ data, response }) => ({ response, message: data.choices[0].message }));
      messages.push(message);
      return {
        text: message.content ?? '',
        calls: (message.tool_calls ?? []).map((call) => ({ id: call.id, name: call.function.name, input: JSON.parse(call.function.arguments) })),
        servedBy: response.headers.get('x-understudy-served-by'),
      };
    };
    return { say: (content, streamed) => ask([{ role: 'user', content }], streamed), answer: (calls, streamed) => ask(calls.map(({ id, name }) => ({ role: 'tool', tool_call_id: id, content: resultOf(name) })), streamed) };
  },
  'OpenAI SDK, Responses'() {
    const client = new OpenAI({ baseURL: `${four.gateway.url}/v1`, apiKey: 'any' });
    const input = [];
    const ask = async (more, streamed) => {
      input.push(...more);
      const request = { model: 'tour-gpt-5', max_output_tokens: MAX_TOKENS, store: false, include: ['reasoning.encrypted_content'], reasoning: { effort: 'high', summary: 'auto' }, input, tools: declared.map(({ name, description, schema }) => ({ type: 'function', name, description, parameters: schema, strict: true })) };
      let answer, response;
      if (streamed) {
        const call = await client.responses.create({ ...request, stream: true }).withResponse();
        response = call.response;
        for await (const event of call.data) if (event.type === 'response.completed') answer = event.response;
      } else ({ data: answer, response } = await client.responses.create(request).withResponse());
      input.push(...answer.output);
      return {
        text: answer.output.flatMap((item) => item.content ?? []).filter((part) => part.type === 'output_text').map((part) => part.text).join(''),
        calls: answer.output.filter((item) => item.type === 'function_call').map((call) => ({ id: call.call_id, name: call.name, input: JSON.parse(call.arguments) })),
        servedBy: response.headers.get('x-understudy-served-by'),
      };
    };
    return { say: (content, streamed) => ask([{ role: 'user', content }], streamed), answer: (calls, streamed) => ask(calls.map(({ id, name }) => ({ type: 'function_call_output', call_id: id, output: resultOf(name) })), streamed) };
  },
  'Google GenAI SDK'() {
    const client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: four.gateway.url } });
    const chat = client.chats.create({ model: 'tour-gemini-3-pro', config: {
      maxOutputTokens: MAX_TOKENS, thinkingConfig: { includeThoughts: true },
      tools: [{ functionDeclarations: declared.map(({ name, description, schema }) => ({ name, description, parametersJsonSchema: schema })) }],
    } });
    const ask = async (message, streamed) => {
      const parts = [];
      let answer;
      if (streamed) for await (answer of await chat.sendMessageStream({ message })) parts.push(...(answer.candidates[0].content?.parts ?? []));
      else {
        answer = await chat.sendMessage({ message });
        parts.push(...answer.candidates[0].content.parts);
      }
      return {
        text: parts.filter((part) => part.text && !part.thought).map((part) => part.text).join(''),
        calls: parts.filter((part) => part.functionCall).map(({ functionCall: { id, name, args } }) => ({ id, name, input: args })),
        servedBy: answer.sdkHttpResponse?.headers?.['x-understudy-served-by'],
      };
    };
    return { say: (message, streamed) => ask(message, streamed), answer: (calls, streamed) => ask(calls.map(({ id, name }) => ({ functionResponse: { id, name, response: { output: resultOf(name) } } })), streamed) };
  },
};

async function streamChat(client, request) {
  const { data: stream, response } = await client.chat.completions.create({ ...request, stream: true }).withResponse();
  const message = { role: 'assistant', content: null };
  for await (const { choices } of stream) {
    const delta = choices[0]?.delta ?? {};
    if (delta.content) message.content = (message.content ?? '') + delta.content;
    for (const { index, id, function: told } of delta.tool_calls ?? []) {
      message.tool_calls ??= [];
      message.tool_calls[index] ??= { id, type: 'function', function: { name: '', arguments: '' } };
      message.tool_calls[index].function.name += told.name ?? '';
      message.tool_calls[index].function.arguments += told.arguments ?? '';
    }
  }
  return { message, response };
}

/** Everybody but one is down. `chat` and `responses` may be one account: it is the model that fails. */
async function leaveOnly(name) {
  const faults = { claude: [], openai: [], plain: [], gemini: [] };
  for (const [other, { provider, model }] of Object.entries(stations)) if (other !== name) faults[provider].push({ kind: 'status', code: 503, models: [model] });
  await four.setFaults(faults);
}

for (const [sdk, begin] of Object.entries(conversations)) {
  describe(sdk, () => {
    for (const [tour, servers] of Object.entries(tours)) {
      for (const streamed of [false, true]) {
        test(`${tour}, ${streamed ? 'streamed' : 'not streamed'}: ten steps, four protocols, one conversation`, LIMIT, async () => {
          const conversation = begin();
          const said = [...turns];
          let calls = [];
          let prompt = '';
          for (const [step, station] of servers.entries()) {
            await leaveOnly(station);
            const results = calls.map(({ name }) => name);
            if (calls.length === 0) prompt = said.shift() ?? 'And once more, why?';
            const answer = calls.length > 0 ? await conversation.answer(calls, streamed) : await conversation.say(prompt, streamed);
            const where = `step ${step + 1} of ${tour}, at ${station}`;
            // What is said depends on the prompt and the tools' results alone: whoever serves, the history was understood.
            const owes = results.length === 0 && /call /.test(prompt);
            if (!owes) assert.equal(answer.text, await told.after(prompt, results), where);
            else assert.equal(answer.text, /explain/i.test(prompt) ? await told.after(prompt, []) : '', where);
            assert.equal(answer.calls.length, owes ? 2 : 0, where);
            assert.equal(new Set(answer.calls.map((call) => call.id)).size, answer.calls.length, `${where}: ids`);
            if (answer.servedBy !== undefined) assert.equal(answer.servedBy, stations[station].target, where);
            calls = answer.calls;
          }
        });
      }
    }
  });
}
