import { z } from 'zod';
import { fetchTransport } from '../core/fetch-transport.ts';
import type { ToolSchema } from '../core/model-call.ts';
import type { Habitat } from '../core/plugin.ts';
import { createRandom } from '../core/random.ts';
import { Approval, type ToolErrorCode, ToolFailure } from '../core/tools.ts';
import { isRecord } from '../text/json.ts';
import { createWallClock } from '../world/index.ts';

/** Where the stand is, in the variables that every process of a target has. */
const Variables = z.object({
  DRILL_ROLES: z.string(),
  DRILL_TOOLS_URL: z.string(),
  DRILL_APPROVE_URL: z.string(),
});

const CODES: readonly string[] = ['error', 'timeout', 'unknown_tool', 'invalid_arguments', 'key_reused'];
const isCode = (code: unknown): code is ToolErrorCode => typeof code === 'string' && CODES.includes(code);

/** Everything that a module may touch, over the sockets of the stand. */
export async function openHabitat(env: NodeJS.ProcessEnv, seed: number): Promise<Habitat> {
  const { DRILL_ROLES, DRILL_TOOLS_URL, DRILL_APPROVE_URL } = Variables.parse(env);
  const fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
  const { tools: schemas } = (await (await fetch(DRILL_TOOLS_URL)).json()) as { tools: ToolSchema[] };

  async function posted(url: string, body: unknown, headers: Record<string, string> = {}): Promise<unknown> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    const reply = await fetch(url, { ...init, body: JSON.stringify(body) }).catch(() => {
      throw new ToolFailure('timeout', 'no reply came: the connection broke', true);
    });
    const said: unknown = await reply.json();
    if (reply.ok) return said;
    const error = isRecord(said) && isRecord(said['error']) ? said['error'] : {};
    const { code, message } = error;
    throw new ToolFailure(isCode(code) ? code : 'error', String(message ?? `HTTP ${reply.status}`));
  }

  return {
    roles: JSON.parse(DRILL_ROLES),
    fetch,
    transport: fetchTransport(fetch),
    tools: {
      schemas,
      call: (name, args, { idempotency_key: key } = {}) =>
        posted(
          `${DRILL_TOOLS_URL}/${encodeURIComponent(name)}`,
          args,
          key === undefined ? {} : { 'idempotency-key': key },
        ),
    },
    approve: async (asked) => z.object({ answer: Approval }).parse(await posted(DRILL_APPROVE_URL, asked)).answer,
    clock: createWallClock(),
    random: createRandom(seed),
  };
}
