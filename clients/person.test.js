// No model is to be had and a person answers: the SDKs and their helpers wait through the signs of life and take the answer for whole.
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { start } from './support/program.js';

const TOKEN = 'token-of-the-operator-0123456789';
const SAID = 'At eight, says a person.';
const LIMIT = { timeout: 120_000 };
const QUESTION = 'When does the curtain rise?';

let folder, gateway;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-person-'));
  await writeFile(join(folder, 'token'), TOKEN);
  await writeFile(join(folder, 'understudy.yaml'), `
listen: 127.0.0.1:0
admin: { token: "\${file:${join(folder, 'token')}}" }
providers: { claude: { protocol: anthropic, base_url: "http://127.0.0.1:9", key: any } }
kill: [all]
routes:
  - { match: "*", ladder: [{ target: claude/= }, { human: { inbox: support, wait: 5m } }] }
`);
  gateway = await start('serve', '--config', join(folder, 'understudy.yaml'));
});

after(async () => {
  await gateway.kill();
  await rm(folder, { recursive: true });
});

const admin = async (path, body) => {
  const answer = await fetch(`${gateway.url}/admin/${path}`, { method: body ? 'POST' : 'GET', headers: { authorization: `Bearer ${TOKEN}` }, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
};

/** The questions, once there are as many. */
async function questions(count) {
  const patience = AbortSignal.timeout(20_000);
  for (;;) {
    const { questions } = await admin('inbox');
    if (questions.length === count) return questions;
    patience.throwIfAborted();
  }
}

const anthropic = () => new Anthropic({ baseURL: gateway.url, apiKey: 'any' });
const openai = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any' });
const google = () => new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: gateway.url } });
const messages = [{ role: 'user', content: QUESTION }];

/** Every way of streaming, to the text that the program gets. */
const streams = {
  'Anthropic, events': async () => {
    let text = '';
    for await (const event of await anthropic().messages.create({ model: 'm-1', max_tokens: 100, stream: true, messages })) if (event.type === 'content_block_delta') text += event.delta.text;
    return text;
  },
  'Anthropic, helper': async () => (await anthropic().messages.stream({ model: 'm-2', max_tokens: 100, messages }).finalMessage()).content[0].text,
  'OpenAI chat, events': async () => {
    let text = '';
    for await (const chunk of await openai().chat.completions.create({ model: 'm-3', stream: true, messages })) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  },
  'OpenAI chat, helper': async () => (await openai().chat.completions.stream({ model: 'm-4', messages }).finalChatCompletion()).choices[0].message.content,
  'OpenAI responses, events': async () => {
    let text = '';
    for await (const event of await openai().responses.create({ model: 'm-5', stream: true, input: QUESTION })) if (event.type === 'response.output_text.delta') text += event.delta;
    return text;
  },
  'OpenAI responses, helper': async () => (await openai().responses.stream({ model: 'm-6', input: QUESTION }).finalResponse()).output_text,
  'Gemini, chunks': async () => {
    let text = '';
    for await (const chunk of await google().models.generateContentStream({ model: 'm-7', contents: QUESTION })) text += chunk.text ?? '';
    return text;
  },
};

test('streams of every SDK survive the signs of life', LIMIT, async () => {
  const asking = Object.entries(streams).map(([name, ask]) => [name, ask()]);
  // One that is read by hand, and last: when it has its first sign, all the others have had theirs.
  const raw = await (async () => {
    await questions(asking.length);
    return fetch(`${gateway.url}/v1/messages`, { method: 'POST', headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' }, body: JSON.stringify({ model: 'm-0', max_tokens: 9, stream: true, messages }) });
  })();
  assert.equal(raw.headers.get('x-understudy-served-by'), 'human');
  const { value } = await raw.body.getReader().read();
  assert.match(new TextDecoder().decode(value), /^event: ping\n/);
  for (const question of await questions(asking.length + 1)) {
    assert.equal(question.question, QUESTION);
    await admin(`inbox/${question.id}/answer`, { text: SAID, by: 'rosa' });
  }
  for (const [name, text] of asking) assert.equal(await text, SAID, name);
});

test('calls that are not streamed get it, too', LIMIT, async () => {
  const asking = [
    anthropic().messages.create({ model: 'm-1', max_tokens: 100, messages }).then((message) => message.content[0].text),
    openai().chat.completions.create({ model: 'm-2', messages }).then((completion) => completion.choices[0].message.content),
    openai().responses.create({ model: 'm-3', input: QUESTION }).then((response) => response.output_text),
    google().models.generateContent({ model: 'm-4', contents: QUESTION }).then((answer) => answer.text),
  ];
  for (const question of await questions(asking.length)) await admin(`inbox/${question.id}/answer`, { text: SAID });
  assert.deepEqual(await Promise.all(asking), asking.map(() => SAID));
});

test('a question that is dropped is an error that no SDK tries again', LIMIT, async () => {
  const asking = [
    [Anthropic.PermissionDeniedError, anthropic().messages.create({ model: 'm-1', max_tokens: 100, messages })],
    [OpenAI.PermissionDeniedError, openai().chat.completions.create({ model: 'm-2', messages })],
    [OpenAI.PermissionDeniedError, openai().responses.create({ model: 'm-3', input: QUESTION })],
  ].map(([kind, call]) => assert.rejects(call, (error) => error instanceof kind && /Please call/.test(error.message)));
  for (const question of await questions(asking.length)) await admin(`inbox/${question.id}/drop`, { text: 'Please call 555-0100.', why: 'spam' });
  await Promise.all(asking);
  assert.equal((await admin('inbox')).questions.length, 0); // nobody came again
});
