// Every fault of a simulated provider, by when it strikes and by what a gateway can make of it.
//
// fault     what is set on the provider
// midway    a stream has shown a part of the answer by then
// streams   only streams have this moment: an answer in one piece is struck in its middle, wherever the row says
// model     'apart': see the routes in stack.js
// attempts  how often one target is asked before the next is: 2, or 1 where asking again cannot help or may be billed
const twice = { attempts: 2 };
const once = { attempts: 1 };

/** More pieces than any answer has: the fault strikes before the closing events. */
export const AFTER_THE_LAST = 100_000;

/** The rows that make sense for this form of a call. */
export const rowsFor = (streamed, ...rows) => rows.flat().filter((row) => streamed || !row.streams);

/** Nothing of an answer has been seen yet. */
export const beforeTheFirstWord = [
  { name: 'connection reset at the door', fault: { kind: 'refuse' }, ...twice },
  { name: 'connection reset before the first word', fault: { kind: 'cut' }, ...twice },
  { name: 'clean end before the first word', fault: { kind: 'eof' }, ...twice },
  { name: 'closed before the first word', fault: { kind: 'truncated_body' }, ...twice },
  { name: 'error event before the first word', fault: { kind: 'error_event' }, ...twice },
  { name: 'garbage before the first word', fault: { kind: 'garbage' }, ...twice },
  { name: 'web page in a 200', fault: { kind: 'html' }, ...twice },
  { name: 'web page in a 503', fault: { kind: 'html', code: 503 }, ...twice },
  { name: 'empty body', fault: { kind: 'empty' }, ...twice },
  { name: 'answer without content', fault: { kind: 'empty_answer' }, ...twice },
  { name: 'wrong content type', fault: { kind: 'bad_content_type' }, ...twice },
  { name: 'key refused', fault: { kind: 'bad_key' }, ...once },
];

/** The answer never comes, or too late. `id` goes into the model's name, so that all of them can be waited for at once. */
export const silence = [
  { id: 'hang', name: 'hang', fault: { kind: 'hang' } },
  { id: 'headers', name: 'hang after the headers', fault: { kind: 'hang_after_headers' } },
  { id: 'start', name: 'stall before the first word', fault: { kind: 'stall' }, streams: true },
  { id: 'text', name: 'stall in the text', fault: { kind: 'stall', after: 5 }, midway: true },
  { id: 'end', name: 'stall after the last word', fault: { kind: 'stall', after: AFTER_THE_LAST }, midway: true, streams: true },
  { id: 'slow', name: 'far too slow', fault: { kind: 'slow', factor: 20 } },
];

/** The client has a part of the answer. */
export const midway = [
  { name: 'connection reset', fault: { kind: 'cut' } },
  { name: 'clean end', fault: { kind: 'eof' } },
  { name: 'connection closed', fault: { kind: 'truncated_body' } },
  { name: 'error event', fault: { kind: 'error_event' } },
  { name: 'garbage', fault: { kind: 'garbage' } },
].flatMap(({ name, fault }) => [
  { name: `${name} after the first word`, fault: { ...fault, after: 1 }, midway: true, streams: true, ...twice },
  { name: `${name} in the text`, fault: { ...fault, after: 5 }, midway: true, ...twice },
  { name: `${name} in the middle`, fault: { ...fault, fraction: 0.5 }, midway: true, streams: true, ...twice },
  { name: `${name} after the last word`, fault: { ...fault, after: AFTER_THE_LAST }, midway: true, streams: true, ...twice },
]);

/** Statuses that say nothing of the request: another provider may well answer it. */
export const statuses = [
  { name: '401', fault: { kind: 'status', code: 401 }, ...once },
  { name: '402', fault: { kind: 'status', code: 402 }, model: 'apart', ...once },
  { name: '403', fault: { kind: 'status', code: 403 }, ...once },
  { name: '408', fault: { kind: 'status', code: 408 }, ...twice },
  { name: '409', fault: { kind: 'status', code: 409 }, ...twice },
  { name: '429', fault: { kind: 'status', code: 429 }, ...twice },
  { name: '429 that asks for half a minute', fault: { kind: 'status', code: 429, retry_after: 30 }, model: 'apart', ...once },
  { name: '429 for a quota', fault: { kind: 'status', code: 429, body: { error: { message: 'You exceeded your current quota.', type: 'insufficient_quota', param: null, code: 'insufficient_quota' } } }, model: 'apart', ...once },
  { name: '500', fault: { kind: 'status', code: 500 }, ...twice },
  { name: '500 in plain text', fault: { kind: 'status', code: 500, body: 'oops' }, ...twice },
  { name: '502', fault: { kind: 'status', code: 502 }, ...twice },
  { name: '503', fault: { kind: 'status', code: 503 }, ...twice },
  { name: '504', fault: { kind: 'status', code: 504 }, ...twice },
  { name: '520 of the edge', fault: { kind: 'status', code: 520 }, ...twice },
  { name: '529', fault: { kind: 'status', code: 529 }, ...twice },
  { name: 'redirect', fault: { kind: 'status', code: 307 }, ...once },
];

/** Statuses that say that the request is wrong, by the SDKs' types for them. */
export const clientMistakes = [
  { code: 400, type: 'BadRequestError' },
  { code: 404, type: 'NotFoundError' },
  { code: 413, type: 'APIError' },
  { code: 422, type: 'UnprocessableEntityError' },
];

/** How a stand-in goes on with a cut answer. */
export const manners = [
  { name: 'says the last words again', fault: { kind: 'overlap', words: 4 }, joins: true },
  { name: 'begins anew', fault: { kind: 'restart' }, joins: true },
  { name: 'apologizes first', fault: { kind: 'apology' }, joins: false },
];
