import { expect, it } from 'vitest';
import type { TraceEvent } from '../core/trace.ts';
import { type AskEvents, EndedAsks } from './ended-asks.ts';

const event = (at: number, ask: number, kind: string) => ({ at, ask, kind, task: `t${ask}` }) as unknown as TraceEvent;

function gathering() {
  const got: AskEvents[] = [];
  return { got, asks: new EndedAsks((ask) => got.push(ask)) };
}

/** Asks one after the other, each over a moment after it began. */
function inTurn(asks: EndedAsks, from: number, to: number): void {
  for (let ask = from; ask <= to; ask++) {
    asks.add(event(ask, ask, 'ask'));
    asks.add(event(ask + 0.5, ask, 'outcome'));
  }
}

it('hands on asks with all their events, long before the end', () => {
  const { got, asks } = gathering();
  inTurn(asks, 1, 1_000);
  expect(got.length).toBeGreaterThan(800);
  expect(got.every(({ events }) => events.length === 2)).toBe(true);
  asks.end();
  expect(got.map(({ ask }) => ask)).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 1));
  expect(asks.late).toBe(false);
});

it('keeps the order: what is not over holds up what came after it', () => {
  const { got, asks } = gathering();
  asks.add(event(0, 1, 'ask'));
  inTurn(asks, 2, 500);
  expect(got).toEqual([]);
  asks.add(event(501, 1, 'hung'));
  asks.add(event(502, 501, 'ask'));
  expect(got.length).toBe(500);
});

it('waits for what comes in the same moment as the ending', () => {
  const { got, asks } = gathering();
  for (let ask = 1; ask <= 500; ask++) asks.add(event(0, ask, 'ask'));
  for (let ask = 1; ask <= 500; ask++) asks.add(event(7, ask, 'outcome'));
  asks.add(event(7, 1, 'call-abort'));
  expect([got.length, asks.late]).toEqual([0, false]);
});

it.each([
  ['something that comes of one later', event(2_000, 3, 'tool-result')],
  ['one that begins again', event(2_000, 3, 'ask')],
  ['something of no ask of the phase', event(2_000, 5_000, 'call')],
])('tells of %s', (_, late) => {
  const { asks } = gathering();
  inTurn(asks, 1, 1_000);
  asks.add(late);
  expect(asks.late).toBe(true);
});
