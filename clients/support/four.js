// Four simulated providers (`plain` knows chat only) and a gateway whose ladders go from each of them to each of them. A model's
// name says its ladder and its case, `claude-haiku-4-5-to-gemini-abc`: so a fault strikes one case only, its calls can be
// counted, and any number of cases can be in flight at once.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from './program.js';

/** Each provider with the model that stands in there: takes a cut answer up by prefill, by instruction, by instruction, by prefill. */
export const understudies = { claude: 'claude-haiku-4-5', plain: 'gpt-4.1', responses: 'gpt-4.1', gemini: 'gemini-2.5-flash' };

/** A ladder has two providers, as ladders have, also where both speak one protocol. */
const standInOf = (to) => (to === 'claude' || to === 'gemini' ? `twin-of-${to}` : to);

/** What the ladders of cases begin with. */
const leads = {
  'claude-haiku-4-5': 'claude', 'claude-sonnet-5': 'claude',
  'gpt-4.1': 'openai', 'gpt-5': 'openai',
  'gemini-2.5-flash': 'gemini', 'gemini-3-pro': 'gemini',
};

const routes = Object.entries(leads).flatMap(([model, provider]) => [
  ...Object.entries(understudies).map(([to, standIn]) =>
    `  - { match: "${model}-to-${to}-*", use_case: USE, ladder: [{ target: ${provider}/= }, { target: ${standInOf(to)}/${standIn} }] }`),
  `  - { match: "${model}-to-nobody-*", use_case: USE, ladder: [{ target: ${provider}/= }, { target: twin-of-${provider}/= }] }`,
]);

/** Routes of silence have short clocks. The others are never waited for, and have the patience of a slow machine. */
const hasty = routes.map((route) => route.replace('-to-', '-hasty-to-').replace('USE', 'hasty'));

const config = ({ claude, openai, plain, gemini }) => `
listen: 127.0.0.1:0
providers:
  claude: { protocol: anthropic, base_url: "${claude}", key: key-of-claude }
  openai: { protocol: openai, base_url: "${openai}/v1", key: key-of-openai }
  plain: { protocol: openai, base_url: "${plain}/v1", key: key-of-plain }
  responses: { protocol: openai-responses, base_url: "${openai}/v1", key: key-of-openai }
  gemini: { protocol: gemini, base_url: "${gemini}", key: key-of-gemini }
  twin-of-claude: { protocol: anthropic, base_url: "${claude}", key: key-of-claude }
  twin-of-openai: { protocol: openai, base_url: "${openai}/v1", key: key-of-openai }
  twin-of-gemini: { protocol: gemini, base_url: "${gemini}", key: key-of-gemini }
use_cases:
  brisk: { deadline: 60s, first_token: 20s, idle: 20s }
  hasty: { deadline: 16s, first_token: 3s, idle: 3s }
retry: { base_delay: 5ms, budget_floor_per_second: 1000 }
breaker: { consecutive_failures: 1000, minimum_calls: 100000, suspect_failures: 1000, tolerate: off, probe: traffic }
routes:
${routes.map((route) => route.replace('USE', 'brisk')).join('\n')}
${hasty.join('\n')}
  - { match: tour-*, use_case: brisk, ladder: [{ target: claude/claude-haiku-4-5 }, { target: plain/gpt-4.1 }, { target: responses/gpt-5 }, { target: gemini/gemini-3-pro }] }
`;

/** Starts everything. */
export async function startFour() {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-clients-'));
  const [claude, openai, plain, gemini] = await Promise.all([
    startProvider('anthropic'), startProvider('openai'), startProvider('openai', '--chat-only'), startProvider('gemini'),
  ]);
  const providers = { claude, openai, plain, gemini };
  const file = join(folder, 'understudy.yaml');
  await writeFile(file, config(Object.fromEntries(Object.entries(providers).map(([name, { url }]) => [name, url]))));
  const gateway = await start('serve', '--config', file);
  return {
    gateway,
    providers,
    /** Faults by provider; the providers that are not named are well. */
    async setFaults(faults = {}) {
      await Promise.all(Object.entries(providers).map(([name, provider]) => provider.setFaults(faults[name] ?? [])));
    },
    /** Calls by model, of each provider. */
    async callsByModel() {
      const stats = await Promise.all(Object.values(providers).map((provider) => provider.stats()));
      return Object.fromEntries(Object.keys(providers).map((name, i) => [name, stats[i].calls_by_model]));
    },
    async stop() {
      await Promise.all([gateway, ...Object.values(providers)].map((program) => program.kill()));
      await rm(folder, { recursive: true });
    },
  };
}

async function startProvider(protocol, ...more) {
  const program = await start('provider', '--protocol', protocol, '--listen', '127.0.0.1:0', ...more);
  return {
    ...program,
    async setFaults(faults) {
      const answer = await fetch(`${program.url}/_sim/faults`, { method: 'PUT', body: JSON.stringify(faults) });
      assert.equal(answer.status, 200, await answer.text());
    },
    stats: async () => (await fetch(`${program.url}/_sim/stats`)).json(),
  };
}
