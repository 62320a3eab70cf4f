// Two simulated providers and the gateway before them.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from './program.js';

/** The most calls of providers that one call of a client may cost: the default of a route. */
export const MAX_ATTEMPTS = 6;

/**
 * Short clocks, and breakers that do not remember one test in the next. A hang of a call that is not streamed shows only
 * when its whole answer is late, which takes as long as its tokens may: the models with a `hasty` use case make up for that. The
 * targets of claude-opus and gpt-4o are called by nobody else: theirs are the faults that a breaker does remember.
 */
const config = (claude, openai) => `
listen: 127.0.0.1:0
providers:
  claude: { protocol: anthropic, base_url: "${claude}", key: key-of-claude }
  openai: { protocol: openai, base_url: "${openai}/v1", key: key-of-openai }
use_cases:
  brisk: { deadline: 20s, first_token: 700ms, idle: 700ms }
  hasty: { deadline: 3s, first_token: 700ms, idle: 700ms }
retry: { base_delay: 5ms, budget_floor_per_second: 1000 }
breaker: { consecutive_failures: 1000, minimum_calls: 100000, suspect_failures: 1000, tolerate: off, probe: traffic, open_for: 1ms, max_open_for: 1ms, ramp: [], ramp_for: 1ms, max_ramp_for: 1ms }
join: { grace: off } # a client that leaves ends its call here; joining has tests of its own
routes:
  - { match: claude-opus-*, use_case: brisk, ladder: [{ target: claude/= }, { target: openai/gpt-4o }] }
  - { match: gpt-4o, use_case: brisk, ladder: [{ target: openai/= }, { target: claude/claude-opus-4-6 }] }
  - { match: claude-haiku-*, use_case: hasty, ladder: [{ target: claude/= }, { target: openai/gpt-4.1-mini }] }
  - { match: claude-*, use_case: brisk, ladder: [{ target: claude/= }, { target: openai/gpt-4.1 }] }
  - { match: gpt-4.1-mini*, use_case: hasty, ladder: [{ target: openai/= }, { target: claude/claude-haiku-4-5 }] }
  - { match: [gpt-*, o4-*], use_case: brisk, ladder: [{ target: openai/= }, { target: claude/claude-sonnet-4-5 }] }
`;

/** Starts everything. `between(name, url)` may put something between the gateway and a provider, and gives its URL. */
export async function startStack({ between = (_, url) => url } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-clients-'));
  const [claude, openai] = await Promise.all([startProvider('anthropic'), startProvider('openai')]);
  const file = join(folder, 'understudy.yaml');
  await writeFile(file, config(await between('claude', claude.url), await between('openai', openai.url)));
  const gateway = await start('serve', '--config', file);
  const providers = { claude, openai };
  return {
    gateway,
    ...providers,
    /** Faults by provider; the providers that are not named are well. */
    async setFaults(faults = {}) {
      await Promise.all(Object.entries(providers).map(([name, provider]) => provider.setFaults(faults[name] ?? [])));
    },
    /** What `act` costs: the calls that each provider received. */
    async callsDuring(act) {
      const before = await countCalls(providers);
      const result = await act();
      const after = await countCalls(providers);
      return { result, calls: { claude: after.claude - before.claude, openai: after.openai - before.openai } };
    },
    async stop() {
      await Promise.all([gateway.kill(), claude.kill(), openai.kill()]);
      await rm(folder, { recursive: true });
    },
  };
}

export async function startProvider(protocol) {
  const program = await start('provider', '--protocol', protocol, '--listen', '127.0.0.1:0');
  return {
    ...program,
    async setFaults(faults) {
      const answer = await fetch(`${program.url}/_sim/faults`, { method: 'PUT', body: JSON.stringify(faults) });
      assert.equal(answer.status, 200, await answer.text());
    },
    async stats() {
      return (await fetch(`${program.url}/_sim/stats`)).json();
    },
    /** Asks for the provider's numbers until they are as wanted. */
    async statsWhen(wanted) {
      const patience = AbortSignal.timeout(10_000);
      for (;;) {
        const stats = await this.stats();
        if (wanted(stats)) return stats;
        patience.throwIfAborted();
      }
    },
  };
}

async function countCalls(providers) {
  const stats = await Promise.all([providers.claude.stats(), providers.openai.stats()]);
  return { claude: stats[0].calls, openai: stats[1].calls };
}
