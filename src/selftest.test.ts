import { expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { fireFaults } from './cli/commands/selftest.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import type { Fault, Injection } from './core/plugin.ts';
import { selftest } from './selftest.ts';

it('a client sees of every fault what it does', async () => {
  const tried = await selftest(catalogue.faults, catalogue);
  expect(tried.filter(({ problem }) => problem !== undefined)).toEqual([]);
  expect([...new Set(tried.map(({ fault }) => fault))]).toEqual(catalogue.faults.map(({ name }) => name));
  for (const { saw } of tried) expect(saw).not.toBe('');
});

type Act = Extract<Injection, { kind: 'meaning' }>['inject'];
const nothing: Act = (call, next, around) => {
  around.fired('as if');
  return next(call);
};
const replying =
  (part: { status?: number; mode: 'server_error' | 'rate_limit' }): Act =>
  async (_call, _next, around) => {
    around.fired('an error');
    async function* parts() {
      yield { type: 'error' as const, message: 'no', ...part };
    }
    return { kind: 'http', parts: parts() };
  };
const early: Act = async (call, next, around) => {
  around.fired('late');
  await around.clock.sleep(1000, around.signal);
  return next(call);
};

/** The package's faults, one of them with an injector that does something else. */
const planted = (name: string, inject: Act): Fault[] =>
  catalogue.faults.map((one) => (one.name === name ? { ...one, arm: () => () => ({ kind: 'meaning', inject }) } : one));

it.concurrent.each([
  ['hang', nothing, 'a usable reply came all the same'],
  ['connection-reset', nothing, 'a usable reply came all the same'],
  ['server-error', replying({ mode: 'server_error', status: 502 }), 'HTTP 502 came, and not 5'],
  ['slow-answer', early, 'the reply came 1000 ms later'],
  ['empty-answer', nothing, 'the reply is as it always was'],
  ['cost-spike', nothing, 'the reply is worth as much as ever'],
  ['cost-spike', replying({ mode: 'rate_limit' }), 'no valid reply came'],
  ['odd-stream', nothing, 'there is nothing odd about the reply'],
  ['capacity', nothing, 'met no limit'],
  ['capacity', replying({ mode: 'rate_limit' }), 'no call was within the limit'],
  ['refusal', (call, next) => next(call), 'nothing was found that it would break'],
  ['refusal', () => Promise.reject(new Error('a bug')), 'it threw: a bug'],
] satisfies [string, Act, string][])('%s with another injector is named: %#', async (name, inject, why) => {
  const terminal = fakeTerminal();
  const broken = { ...catalogue, faults: planted(name, inject) };
  expect(await fireFaults([name, 'rate-limited'], { json: false }, broken, terminal)).toBe(1);
  expect(terminal.out()).toContain(`BROKEN: ${why}`.replace(/^BROKEN: (met|nothing)/, '$1'));
  expect(terminal.out()).toMatch(new RegExp(`; broken: ${name}\n$`));
});

it('a fault that does not exist is told, with the one that was meant', async () => {
  await expect(fireFaults(['rate-limitd'], { json: true }, catalogue, fakeTerminal())).rejects.toThrow(
    'there is no fault "rate-limitd"',
  );
});
