// Stands between the gateway and a provider, hands everything on as it is, and keeps it: what really was on the wire.
import { createServer, request } from 'node:http';

/** A tap before `upstream`. `seen` holds an entry for each request: method, url, headers, body, and the answer's status, headers and body. */
export async function startTap(upstream) {
  const seen = [];
  const server = createServer(async (incoming, outgoing) => {
    const entry = { method: incoming.method, url: incoming.url, headers: incoming.headers, rawHeaders: incoming.rawHeaders, body: await read(incoming) };
    seen.push(entry);
    const onward = request(upstream + incoming.url, { method: incoming.method, headers: incoming.rawHeaders.filter(keep) }, async (answer) => {
      entry.answer = { status: answer.statusCode, headers: answer.headers, body: Buffer.alloc(0) };
      outgoing.writeHead(answer.statusCode, answer.headers);
      try {
        for await (const chunk of answer) {
          entry.answer.body = Buffer.concat([entry.answer.body, chunk]);
          outgoing.write(chunk);
        }
        outgoing.end();
      } catch {
        outgoing.destroy(); // cut there, cut here
      }
    });
    outgoing.on('close', () => onward.destroy());
    onward.on('error', () => outgoing.destroy());
    onward.end(entry.body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    last: () => seen.at(-1),
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

// Node takes a flat list of names and values; the connection is the tap's own, everything else is kept, the host too.
const keep = (item, i, list) => !/^(connection|keep-alive)$/i.test(list[i - (i % 2)]);

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
