// The program under test, as a user starts it: `dotnet Understudy.Cli.dll VERB …`, on a free port.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../src/Understudy.Cli/bin/Release/net10.0/Understudy.Cli.dll', import.meta.url));
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Starts a verb and waits until it has said where it serves. */
export function start(verb, ...args) {
  if (!existsSync(built)) throw new Error('There is no program to test: dotnet build src/Understudy.Cli -c Release');
  const child = spawn('dotnet', [built, verb, ...args], { stdio: ['ignore', 'ignore', 'pipe'], env: quietEnvironment() });
  running.add(child);
  return new Promise((resolve, reject) => {
    const program = { url: '', log: '', kill: () => end(child) };
    child.on('error', reject);
    child.on('exit', (code) => {
      running.delete(child);
      reject(new Error(`understudy ${verb} ended with ${code}:\n${program.log}`));
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      program.log += text;
      const address = /serves on (http:\/\/[^\s/;]+)/.exec(program.log);
      if (!address || program.url) return;
      program.url = address[1];
      resolve(program);
    });
  });
}

function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGKILL');
  });
}

/** Nothing of the developer's own keys, settings and proxies. */
function quietEnvironment() {
  const foreign = /^(UNDERSTUDY_|ANTHROPIC_|OPENAI_|GEMINI_|GOOGLE_|OLLAMA_|OTEL_)|_proxy$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
