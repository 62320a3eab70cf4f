// Every way in which a program calls a model through its vendor's SDK: a plain call, a loop over events, and the helpers
// that do more than that. Each is given nothing but the address and a key, and tells what the program would have had:
//
// text     what was said
// calls    the tools that it was told to call (or that the helper did call), by name and arguments
// parsed   what the helper made of JSON
// whole    the SDK took it for an answer that has ended, and for what reason
import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { ApiError, GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import { PROMPT } from './sdks.js';

const Weather = z.object({ city: z.string(), days: z.int().min(1).max(9), units: z.enum(['metric', 'imperial']) });
const Report = z.object({ title: z.string(), tags: z.array(z.string()), mood: z.enum(['calm', 'rough']), depth: z.number(), inner: z.object({ note: z.string(), sure: z.boolean() }) });
const toolNames = ['get_weather', 'get_tides'];

const schemaOf = (type) => {
  const { $schema, ...schema } = z.toJSONSchema(type);
  return schema;
};

/** What is asked for. A helper that runs tools answers each with the same words: what comes after depends on them. */
export const kinds = {
  text: { prompt: PROMPT },
  thinking: { prompt: PROMPT, thinks: true },
  tool: { prompt: 'Please explain and call get_weather for the harbour town of Königsberg.', tools: true },
  parallel: { prompt: 'Please call get_weather and get_tides for the harbour town.', tools: true },
  structured: { prompt: 'Report on the harbour, s’il vous plaît.', structured: true },
};

const MAX_TOKENS = 4096;
const THINKING_TOKENS = 1024;

/** What has been seen so far; kept by the caller, it outlives an error. */
export const begin = () => ({ text: '', calls: [], parsed: undefined, whole: null, openings: 0, closings: 0 });

/** What a tool answers. */
export const resultOf = (name) => `The answer of ${name}.`;

/** Runs a tool, and keeps that it was run. */
const runs = (ran, name) => (input) => {
  ran.push({ name, input });
  return resultOf(name);
};

// --- Anthropic ---------------------------------------------------------------------------------------------------

const claudeRequest = (model, kind) => ({
  model,
  max_tokens: MAX_TOKENS,
  messages: [{ role: 'user', content: kind.prompt }],
  ...(kind.thinks && { thinking: model.startsWith('claude-sonnet-5') ? { type: 'adaptive' } : { type: 'enabled', budget_tokens: THINKING_TOKENS } }),
  ...(kind.tools && { tools: toolNames.map((name) => ({ name, description: 'A tool.', input_schema: schemaOf(Weather) })) }),
  ...(kind.structured && { output_config: { format: zodOutputFormat(Report) } }),
});

function readClaude(seen, message) {
  for (const block of message.content) {
    if (block.type === 'text') seen.text += block.text;
    if (block.type === 'tool_use') seen.calls.push({ name: block.name, input: block.input });
    if (block.type === 'thinking' && !block.signature) throw new Error('a thinking block without a signature');
  }
  if (message.parsed_output != null) seen.parsed = message.parsed_output;
  seen.whole = message.stop_reason;
}

const anthropic = {
  sdk: 'Anthropic SDK', lead: 'claude', models: ['claude-haiku-4-5', 'claude-sonnet-5'],
  client: (url) => new Anthropic({ baseURL: url, apiKey: 'any' }),
  isTyped: (error) => error instanceof Anthropic.APIError && !(error instanceof Anthropic.APIConnectionError),
  wholes: { text: 'end_turn', thinking: 'end_turn', tool: 'tool_use', parallel: 'tool_use', structured: 'end_turn', run: 'end_turn' },
};

const anthropicCallers = [
  {
    name: 'messages.create', kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    run: async (client, model, kind, seen) => readClaude(seen, await client.messages.create(claudeRequest(model, kind))),
  },
  {
    name: 'messages.create, streamed', streams: true, kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    async run(client, model, kind, seen) {
      const blocks = [];
      for await (const event of await client.messages.create({ ...claudeRequest(model, kind), stream: true })) {
        if (event.type === 'message_start') seen.openings++;
        if (event.type === 'content_block_start') {
          if (event.index !== blocks.length) throw new Error(`block ${event.index} after ${blocks.length} blocks`);
          blocks.push({ ...event.content_block, json: '' });
        }
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') seen.text += event.delta.text;
        if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta') blocks[event.index].json += event.delta.partial_json;
        if (event.type === 'content_block_stop' && blocks[event.index].type === 'tool_use') seen.calls.push({ name: blocks[event.index].name, input: JSON.parse(blocks[event.index].json || '{}') });
        if (event.type === 'message_delta') seen.whole = event.delta.stop_reason;
        if (event.type === 'message_stop') seen.closings++;
      }
    },
  },
  {
    name: 'messages.stream().finalMessage()', streams: true, kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    run: async (client, model, kind, seen) => readClaude(seen, await client.messages.stream(claudeRequest(model, kind)).finalMessage()),
  },
  {
    name: 'messages.parse', kinds: ['structured'],
    run: async (client, model, kind, seen) => readClaude(seen, await client.messages.parse(claudeRequest(model, kind))),
  },
  ...[false, true].map((stream) => ({
    name: `beta.messages.toolRunner${stream ? ', streamed' : ''}`, streams: stream, kinds: ['tool', 'parallel'], runner: true,
    async run(client, model, kind, seen) {
      const tools = toolNames.map((name) => betaZodTool({ name, description: 'A tool.', inputSchema: Weather, run: runs(seen.calls, name) }));
      const { tools: _, ...request } = claudeRequest(model, kind);
      const runner = client.beta.messages.toolRunner({ ...request, tools, stream });
      for await (const step of runner) if (stream) await step.finalMessage();
      readClaude(seen, await runner);
    },
  })),
].map((caller) => ({ ...anthropic, ...caller }));

// --- OpenAI, Chat Completions ------------------------------------------------------------------------------------

const chatRequest = (model, kind) => ({
  model,
  messages: [{ role: 'user', content: kind.prompt }],
  max_completion_tokens: MAX_TOKENS,
  ...(kind.thinks && { reasoning_effort: 'high' }),
  ...(kind.tools && { tools: toolNames.map((name) => ({ type: 'function', function: { name, description: 'A tool.', parameters: schemaOf(Weather) } })) }),
  ...(kind.structured && { response_format: zodResponseFormat(Report, 'report') }),
});

function readChat(seen, { choices }) {
  if (choices.length !== 1) throw new Error(`${choices.length} choices`);
  const [{ message, finish_reason }] = choices;
  seen.text += message.content ?? '';
  for (const call of message.tool_calls ?? []) seen.calls.push({ name: call.function.name, input: JSON.parse(call.function.arguments) });
  if (message.parsed != null) seen.parsed = message.parsed;
  seen.whole = finish_reason;
}

const openai = {
  client: (url) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' }),
  isTyped: (error) => error instanceof OpenAI.APIError && !(error instanceof OpenAI.APIConnectionError),
};

const chat = {
  ...openai, sdk: 'OpenAI SDK, chat', lead: 'openai', models: ['gpt-4.1'], thinkers: ['gpt-5'],
  wholes: { text: 'stop', thinking: 'stop', tool: 'tool_calls', parallel: 'tool_calls', structured: 'stop', run: 'stop' },
};

const chatCallers = [
  {
    name: 'create', kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    run: async (client, model, kind, seen) => readChat(seen, await client.chat.completions.create(chatRequest(model, kind))),
  },
  {
    name: 'create, streamed', streams: true, kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    async run(client, model, kind, seen) {
      const ids = new Set();
      const calls = [];
      for await (const chunk of await client.chat.completions.create({ ...chatRequest(model, kind), stream: true })) {
        ids.add(chunk.id);
        seen.openings = ids.size;
        for (const choice of chunk.choices) {
          seen.text += choice.delta.content ?? '';
          for (const { index, function: told } of choice.delta.tool_calls ?? []) {
            calls[index] ??= { name: '', json: '' };
            calls[index].name += told.name ?? '';
            calls[index].json += told.arguments ?? '';
          }
          if (!choice.finish_reason) continue;
          seen.whole = choice.finish_reason;
          seen.closings++;
        }
      }
      seen.calls = calls.map(({ name, json }) => ({ name, input: JSON.parse(json) }));
    },
  },
  {
    name: 'chat.completions.stream', streams: true, kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    run: async (client, model, kind, seen) => readChat(seen, await client.chat.completions.stream(chatRequest(model, kind)).finalChatCompletion()),
  },
  {
    name: 'parse', kinds: ['structured'],
    run: async (client, model, kind, seen) => readChat(seen, await client.chat.completions.parse(chatRequest(model, kind))),
  },
  ...[false, true].map((stream) => ({
    name: `runTools${stream ? ', streamed' : ''}`, streams: stream, kinds: ['tool', 'parallel'], runner: true,
    async run(client, model, kind, seen) {
      const tools = toolNames.map((name) => zodFunction({ name, description: 'A tool.', parameters: Weather, function: runs(seen.calls, name) }));
      const runner = client.chat.completions.runTools({ ...chatRequest(model, kind), tools, stream });
      const completion = await runner.finalChatCompletion();
      readChat(seen, { choices: completion.choices.map((choice) => ({ ...choice, message: { content: choice.message.content } })) });
    },
  })),
].map((caller) => ({ ...chat, ...caller }));

// --- OpenAI, Responses -------------------------------------------------------------------------------------------

const responsesRequest = (model, kind) => ({
  model,
  input: [{ role: 'user', content: kind.prompt }],
  max_output_tokens: MAX_TOKENS,
  store: false,
  ...(kind.thinks && { reasoning: { effort: 'high', summary: 'auto' } }),
  ...(kind.tools && { tools: toolNames.map((name) => ({ type: 'function', name, description: 'A tool.', parameters: schemaOf(Weather), strict: true })) }),
  ...(kind.structured && { text: { format: zodTextFormat(Report, 'report') } }),
});

function readResponse(seen, response) {
  if (response.error) throw new Error(`an answer with an error in it: ${JSON.stringify(response.error)}`);
  seen.text += response.output_text;
  for (const item of response.output) if (item.type === 'function_call') seen.calls.push({ name: item.name, input: JSON.parse(item.arguments) });
  if (response.output_parsed != null) seen.parsed = response.output_parsed;
  seen.whole = response.status;
}

/** The loop that every program over Responses writes for itself: there is no helper for it. */
async function converse(seen, request, ask) {
  const input = [...request.input];
  for (;;) {
    const response = await ask({ ...request, input });
    const calls = response.output.filter((item) => item.type === 'function_call');
    if (calls.length === 0) return readResponse(seen, response);
    input.push(...response.output);
    for (const call of calls) input.push({ type: 'function_call_output', call_id: call.call_id, output: runs(seen.calls, call.name)(JSON.parse(call.arguments)) });
  }
}

const responses = {
  ...openai, sdk: 'OpenAI SDK, Responses', lead: 'openai', models: ['gpt-4.1'], thinkers: ['gpt-5'],
  wholes: { text: 'completed', thinking: 'completed', tool: 'completed', parallel: 'completed', structured: 'completed', run: 'completed' },
};

const responsesCallers = [
  {
    name: 'create', kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    run: async (client, model, kind, seen) => readResponse(seen, await client.responses.create(responsesRequest(model, kind))),
  },
  {
    name: 'create, streamed', streams: true, kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    async run(client, model, kind, seen) {
      let sequence = 0;
      for await (const event of await client.responses.create({ ...responsesRequest(model, kind), stream: true })) {
        if (event.sequence_number !== sequence++) throw new Error(`event ${event.sequence_number} in place of ${sequence - 1}`);
        if (event.type === 'response.created') seen.openings++;
        if (event.type === 'response.output_text.delta') seen.text += event.delta;
        if (event.type === 'response.output_item.done' && event.item.type === 'function_call') seen.calls.push({ name: event.item.name, input: JSON.parse(event.item.arguments) });
        // What this SDK leaves to the program: a failure comes as an event.
        if (event.type === 'response.failed' || event.type === 'error') throw new OpenAI.APIError(undefined, event, 'the response failed', undefined);
        if (event.type !== 'response.completed' && event.type !== 'response.incomplete') continue;
        const said = event.response.output.flatMap((item) => item.content ?? []).filter((part) => part.type === 'output_text').map((part) => part.text).join('');
        if (said !== seen.text) throw new Error(`the closing event says "${said}", the others said "${seen.text}"`);
        seen.whole = event.response.status;
        seen.closings++;
      }
    },
  },
  {
    name: 'responses.stream', streams: true, kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    run: async (client, model, kind, seen) => readResponse(seen, await client.responses.stream(responsesRequest(model, kind)).finalResponse()),
  },
  {
    name: 'responses.parse', kinds: ['structured'],
    run: async (client, model, kind, seen) => readResponse(seen, await client.responses.parse(responsesRequest(model, kind))),
  },
  ...[false, true].map((stream) => ({
    name: `a loop over tools${stream ? ', streamed' : ''}`, streams: stream, kinds: ['tool', 'parallel'], runner: true,
    run: (client, model, kind, seen) => converse(seen, responsesRequest(model, kind),
      (request) => (stream ? client.responses.stream(request).finalResponse() : client.responses.create(request))),
  })),
].map((caller) => ({ ...responses, ...caller }));

// --- Gemini ------------------------------------------------------------------------------------------------------

const geminiConfig = (kind) => ({
  maxOutputTokens: MAX_TOKENS,
  ...(kind.thinks && { thinkingConfig: { includeThoughts: true } }),
  ...(kind.tools && { tools: [{ functionDeclarations: toolNames.map((name) => ({ name, description: 'A tool.', parametersJsonSchema: schemaOf(Weather) })) }] }),
  ...(kind.structured && { responseMimeType: 'application/json', responseJsonSchema: schemaOf(Report) }),
});

const geminiRequest = (model, kind) => ({ model, contents: kind.prompt, config: geminiConfig(kind) });

function readGemini(seen, response) {
  const [candidate] = response.candidates ?? [];
  for (const part of candidate?.content?.parts ?? []) {
    if (part.text && !part.thought) seen.text += part.text;
    if (part.functionCall) seen.calls.push({ name: part.functionCall.name, input: part.functionCall.args });
  }
  if (!candidate?.finishReason) return;
  seen.whole = candidate.finishReason;
  seen.closings++;
}

/** A tool that the SDK calls of its own accord. */
const callable = (ran) => ({
  tool: async () => ({ functionDeclarations: geminiConfig({ tools: true }).tools[0].functionDeclarations }),
  callTool: async (calls) => calls.map(({ id, name, args }) => ({ functionResponse: { id, name, response: { output: runs(ran, name)(args) } } })),
});

const gemini = {
  sdk: 'Google GenAI SDK', lead: 'gemini', models: ['gemini-2.5-flash', 'gemini-3-pro'],
  client: (url) => new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: url } }),
  isTyped: (error) => error instanceof ApiError,
  wholes: { text: 'STOP', thinking: 'STOP', tool: 'STOP', parallel: 'STOP', structured: 'STOP', run: 'STOP' },
};

const geminiCallers = [
  {
    name: 'generateContent', kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    run: async (client, model, kind, seen) => readGemini(seen, await client.models.generateContent(geminiRequest(model, kind))),
  },
  {
    name: 'generateContentStream', streams: true, kinds: ['text', 'thinking', 'tool', 'parallel', 'structured'],
    async run(client, model, kind, seen) {
      for await (const chunk of await client.models.generateContentStream(geminiRequest(model, kind))) readGemini(seen, chunk);
    },
  },
  {
    name: 'chat.sendMessage', kinds: ['text', 'thinking'],
    run: async (client, model, kind, seen) => readGemini(seen, await client.chats.create({ model, config: geminiConfig(kind) }).sendMessage({ message: kind.prompt })),
  },
  {
    name: 'chat.sendMessageStream', streams: true, kinds: ['text', 'thinking'],
    async run(client, model, kind, seen) {
      const conversation = client.chats.create({ model, config: geminiConfig(kind) });
      for await (const chunk of await conversation.sendMessageStream({ message: kind.prompt })) readGemini(seen, chunk);
      if (conversation.getHistory(true).length < 2) throw new Error('the SDK threw the answer away: it took it for invalid');
    },
  },
  ...[false, true].map((stream) => ({
    name: `automatic function calling${stream ? ', streamed' : ''}`, streams: stream, kinds: ['tool', 'parallel'], runner: true,
    async run(client, model, kind, seen) {
      const ran = [];
      const request = { ...geminiRequest(model, kind), config: { ...geminiConfig({}), tools: [callable(ran)] } };
      if (!stream) readGemini(seen, await client.models.generateContent(request));
      else {
        for await (const chunk of await client.models.generateContentStream(request)) {
          // A step that called tools is over when their answers come; only the last one is the answer.
          if (chunk.candidates?.[0]?.content?.role === 'user') Object.assign(seen, begin());
          else readGemini(seen, chunk);
        }
      }
      seen.calls = ran;
    },
  })),
].map((caller) => ({ ...gemini, ...caller }));

export const callers = [...anthropicCallers, ...chatCallers, ...responsesCallers, ...geminiCallers];

/** The models by which a caller asks for a kind of answer. */
export const modelsFor = (caller, kind) => (kind === 'thinking' && caller.thinkers) || caller.models;
