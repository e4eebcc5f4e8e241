import { expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { connectionRefused } from './connection-refused.ts';
import { onWire } from './trial.fixture.ts';

it.each(protocols)('refuses a call of $name before anything is said', async (protocol) => {
  for (const stream of [false, true]) {
    const { fired, reply } = onWire(connectionRefused, {}, { protocol, stream });
    expect(await reply).toMatchObject({ head: undefined, broke: 'refused', pieces: [] });
    expect(fired).toEqual(['refused before the request went out']);
  }
});
