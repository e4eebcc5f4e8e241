// What one execution costs whoever does the least: the primary hangs until it is given up after 2 s, the backup answers 300 ms
// later; JSON as bytes both ways, faults in between, 20 events as lines, the answer read by a schema and looked at 20 times.
// Many go on at once, on a clock on which nothing takes time. It knows nothing of the house. Prints seconds of CPU an execution.
import { AsyncLocalStorage } from 'node:async_hooks';
import { z } from 'zod';

const [WARM, LANES, PIECES, EVENTS, LOOKS] = [2_000, 64, 8, 20, 20];
const executions = Number(process.argv[2] ?? 20_000);
const { parse, stringify } = JSON;
const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

/** Timers in a binary heap, by the time they are due and then as they were set. */
class Clock {
  now = 0;
  #set = 0;
  #heap = [];

  after(ms, fire) {
    const timer = { at: this.now + ms, n: this.#set++, fire };
    const heap = this.#heap;
    let i = heap.push(timer) - 1;
    for (let up = (i - 1) >> 1; i > 0 && before(timer, heap[up]); up = (i - 1) >> 1) {
      heap[i] = heap[up];
      i = up;
    }
    heap[i] = timer;
    return timer;
  }

  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      const over = () => {
        timer.fire = undefined;
        reject(signal.reason);
      };
      const timer = this.after(ms, () => {
        signal.removeEventListener('abort', over);
        resolve();
      });
      signal.addEventListener('abort', over, { once: true });
    });
  }

  #take() {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0) return first;
    let i = 0;
    for (let down = 1; down < heap.length; down = 2 * i + 1) {
      if (down + 1 < heap.length && before(heap[down + 1], heap[down])) down += 1;
      if (!before(heap[down], last)) break;
      heap[i] = heap[down];
      i = down;
    }
    heap[i] = last;
    return first;
  }

  /** One timer at a time; all that follows from it happens before the next. */
  run() {
    for (process._tickCallback(); this.#heap.length > 0; process._tickCallback()) {
      const timer = this.#take();
      if (timer.fire === undefined) continue;
      this.now = timer.at;
      timer.fire();
    }
  }
}
const before = (a, b) => a.at < b.at || (a.at === b.at && a.n < b.n);

const clock = new Clock();
const scope = new AsyncLocalStorage();
const system = 'Answer from the documents, and name those that you used. '.repeat(7);
const documents = 'Goods may be returned within thirty days of delivery, unused and with the receipt. '.repeat(19);
const answer = stringify({ answer: 'It can be returned within thirty days. '.repeat(23), citations: ['refunds_v1'] });
const Answer = z.object({ answer: z.string(), citations: z.array(z.string()) });
const schema = { name: 'a', strict: true, schema: { type: 'object', properties: { answer: { type: 'string' } } } };

async function* pieces() {
  const size = Math.ceil(answer.length / PIECES);
  for (let i = 0; i < PIECES; i++) yield { text: answer.slice(i * size, (i + 1) * size) };
  yield { usage: { prompt_tokens: 900, completion_tokens: 200, total_tokens: 1100 } };
  yield { end: 'stop' };
}

async function* handedOn(parts) {
  for await (const part of parts) yield part;
}
const unchanged = async (call, next) => {
  const reply = await next(call);
  return { ...reply, parts: handedOn(reply.parts) };
};
const hangs = async (call, next, tell) => {
  if (call.role === 'primary') {
    tell({ kind: 'fault', call: call.id, fault: 'hang' });
    await clock.sleep(3_600_000, call.signal);
  }
  return next(call);
};

async function provider(role, bytes, signal, tell) {
  const { model, messages } = parse(decoder.decode(bytes));
  tell({ kind: 'call', role, model, at: clock.now });
  const replies = async () => {
    await clock.sleep(300, signal);
    return { status: 200, parts: pieces() };
  };
  const faulty = [unchanged, unchanged, hangs].reduce((next, fault) => (call) => fault(call, next, tell), replies);
  const reply = await faulty({ id: 'c', role, model, messages, signal });
  let [content, usage, finish_reason] = ['', undefined, undefined];
  for await (const part of reply.parts) {
    content += part.text ?? '';
    usage ??= part.usage;
    finish_reason ??= part.end;
  }
  const choices = [{ index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason }];
  const whole = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model, choices, usage };
  const body = encoder.encode(stringify(whole));
  tell({ kind: 'reply', role, status: reply.status, at: clock.now, bytes: body.length });
  return body;
}

async function execution(name) {
  const events = [{ kind: 'ask', task: name, at: clock.now }];
  const tell = (event) => events.push(event);
  let got;
  for (const role of ['primary', 'backup']) {
    const patience = new AbortController();
    const timer = clock.after(2_000, () => patience.abort(new DOMException('too late', 'TimeoutError')));
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content: documents },
    ];
    const response_format = { type: 'json_schema', json_schema: schema };
    const body = encoder.encode(stringify({ model: `gpt-${role}`, messages, max_tokens: 800, response_format }));
    try {
      const reply = parse(decoder.decode(await provider(role, body, patience.signal, tell)));
      got = Answer.parse(parse(reply.choices[0].message.content));
      break;
    } catch (error) {
      tell({ kind: 'note', text: error.name, at: clock.now });
    } finally {
      timer.fire = undefined;
    }
  }
  const tool = { kind: 'tool', tool: 'lookup_order', ok: true, args_hash: 'a'.repeat(16), task: name };
  while (events.length < EVENTS) tell({ ...tool, at: clock.now });
  let trace = '';
  for (const event of events) trace += `${stringify(event)}\n`;
  let held = 0;
  for (let i = 0; i < LOOKS; i++) {
    const calls = events.filter((event) => event.kind === 'call' && event.role === 'primary');
    if (calls.length <= 3 && got.answer.includes('thirty')) held += 1;
  }
  return held === LOOKS ? trace.length : 0;
}

async function lane(numbers) {
  for (const i of numbers) {
    const length = await scope.run({ i }, () => execution(`t${i}`));
    written += length;
  }
}
let written = 0;

function play(count) {
  const numbers = Array(count).keys();
  for (let i = 0; i < LANES; i++) lane(numbers);
  clock.run();
}

setImmediate(() => {
  play(WARM);
  const before = process.cpuUsage();
  play(executions);
  const { user, system } = process.cpuUsage(before);
  if (written < (WARM + executions) * 1_000) throw new Error('the yardstick did not play what it should');
  console.log((user + system) / 1e6 / executions);
});
