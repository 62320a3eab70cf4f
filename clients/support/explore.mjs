import { startStack } from './stack.js';
import { sdks, begin, PROMPT } from './sdks.js';
const stack = await startStack();
const rows = JSON.parse(process.argv[2]);
const where = process.argv[3] ?? 'both';
for (const sdk of sdks) {
  const client = sdk.client(stack.gateway.url);
  await stack.setFaults();
  const expected = (await sdk.ask(sdk.client(stack[sdk.primary].url), sdk.model)).text;
  for (const fault of rows) for (const all of where === 'both' ? [false, true] : [where === 'all']) for (const streamed of [false, true]) {
    await stack.setFaults(all ? { claude: [fault], openai: [fault] } : { [sdk.primary]: [fault] });
    const t = Date.now(); const seen = begin();
    const { result, calls } = await stack.callsDuring(async () => {
      try { return streamed ? await sdk.stream(client, fault.hasty ? sdk.hasty : sdk.model, PROMPT, seen) : await sdk.ask(client, process.env.HASTY ? sdk.hasty : sdk.model); }
      catch (e) { return { error: `${e.constructor.name} ${e.status} ${String(e.message).slice(0, 200)}` }; }
    });
    console.log(sdk.name, JSON.stringify(fault), all ? 'ALL' : 'primary', streamed ? 'stream' : 'whole', result.error ? result.error + (seen.openings ? ' after ' + seen.text.length : '') : `${result.text === expected ? 'SAME' : 'DIFFERENT ' + JSON.stringify(result.text.slice(0, 300)) + ' vs ' + expected.length} ${result.stop} openings ${result.openings} closings ${result.closings}`, JSON.stringify(calls), Date.now() - t, 'ms');
  }
}
console.log(stack.gateway.log.slice(-1500));
await stack.stop();
