import type { Protocol } from '../../core/protocol.ts';
import type { WireReply, WireRequest } from '../../core/wire.ts';
import { keyOf } from '../route.ts';
import { json } from './tools.ts';

/** Real money is only spent for whoever was told the key of this run, which begins with `prefix`; without one, for nobody. */
export const hasRunKey = (request: WireRequest, protocols: readonly Protocol[], prefix: string | undefined): boolean =>
  prefix === undefined || keyOf(request, protocols)?.startsWith(prefix) === true;

export const withoutRunKey = (): WireReply =>
  json(401, { error: { message: 'drill: this stand answers only with the key that it gave to the target' } });
