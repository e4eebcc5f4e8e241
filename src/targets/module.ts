import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { z } from 'zod';
import { DrillError, messageOf, type Place, targetNotLoaded } from '../core/errors.ts';
import { HandlerMapping } from '../core/handler.ts';
import type { Outcome, Task } from '../core/outcome.ts';
import type { Habitat, LoadedTarget, RunningTarget, Target, TargetKind } from '../core/plugin.ts';
import { evaluateAnew, evaluateFirst } from './evaluate.ts';
import { askHandler, mappings } from './mapping.ts';

/** What a user's module may export. */
interface AgentModule {
  default?: unknown;
  start?: unknown;
  /** HTTP handlers, as Next and Hono have them. */
  POST?: unknown;
  fetch?: unknown;
  /** How such a handler is asked. */
  as?: unknown;
  declares?: unknown;
  roles?: unknown;
  notices?: unknown;
}

type Ask = (task: Task, context: Habitat & { signal: AbortSignal }) => Promise<Outcome>;
type Start = (habitat: Habitat) => RunningTarget | Promise<RunningTarget>;

/** A target made of a module. `evaluate` gives the user's files evaluated anew at each call, so that nothing is remembered. */
function moduleTarget(
  { name, kind, about, as }: Pick<Target, 'name' | 'kind' | 'about'> & { as?: HandlerMapping | undefined },
  evaluate: () => Promise<AgentModule>,
): Target {
  return {
    name,
    kind,
    about,
    async load() {
      const loaded = unwrapped(await evaluate());
      const { declares, roles, notices } = loaded;
      return { declares, roles, notices, start: starterOf({ ...loaded, ...(as && { as }) }, about) };
    },
  };
}

/** A CommonJS file that sets `module.exports` to what another would export: Node hands that on as the default export. */
function unwrapped(loaded: AgentModule): AgentModule {
  const { default: all } = loaded;
  const inner: unknown = isFunction<Ask>(all) ? undefined : Object(all).default;
  return isFunction<Ask>(inner) ? { ...Object(all), ...loaded, default: inner } : loaded;
}

function starterOf(loaded: AgentModule, about: string): LoadedTarget['start'] {
  const { start, default: agent } = loaded;
  if (isFunction<Start>(start)) return (habitat) => start(habitat);
  const handle = handlerOf(loaded);
  if (handle !== undefined) {
    const mapping = mappings[mappingOf(loaded, about)];
    return () => ({ ask: (task, signal) => askHandler(handle, mapping, task, signal), close: async () => {} });
  }
  if (!isFunction<Ask>(agent)) throw notAnAgent(about, loaded);
  return (habitat) => ({ ask: (task, signal) => agent(task, { ...habitat, signal }), close: async () => {} });
}

type Handle = (request: Request) => unknown;

/** A handler by its own name, or in a default export that is no agent: an app. */
function handlerOf({ POST, fetch, default: app }: AgentModule): Handle | undefined {
  if (isFunction<Ask>(app)) return undefined;
  const inApp = Object(app).fetch;
  const handle = [POST, fetch].find(isFunction<Handle>);
  return handle ?? (isFunction<Handle>(inApp) ? (request) => Reflect.apply(inApp, app, [request]) : undefined);
}

function mappingOf({ as }: AgentModule, about: string): HandlerMapping {
  const mapping = HandlerMapping.safeParse(as);
  if (mapping.success) return mapping.data;
  const names = HandlerMapping.options.join(', ');
  throw new DrillError({
    message:
      as === undefined
        ? 'the target exports an HTTP handler, and nothing says how it is asked'
        : `there is no way "${String(as)}" to ask an HTTP handler`,
    place: { file: about },
    fix: `Say it in drill.config.yaml, targets: { my-app: { module: ${about}, as: ai-sdk-ui } }, or export const as = 'ai-sdk-ui'; it is one of ${names}.`,
  });
}

/** Targets that come with the package, each made of one of its own modules. */
export function asTargets(modules: Record<string, () => Promise<AgentModule>>): Record<string, () => Promise<Target>> {
  return Object.fromEntries(
    Object.entries(modules).map(([name, load]) => [
      name,
      async () => moduleTarget({ name, kind: 'builtin', about: name }, load),
    ]),
  );
}

function isFunction<F>(value: unknown): value is F {
  return typeof value === 'function';
}

function notAnAgent(about: string, loaded: AgentModule): DrillError {
  const seen = Object.keys(loaded).join(', ') || 'nothing';
  return new DrillError({
    message: `the target exports no agent (it exports: ${seen})`,
    place: { file: about },
    fix: "export default async (task, { roles, signal }) => 'the answer'",
  });
}

/** The user's file evaluated; what it throws meanwhile is told with its place. */
async function evaluateFile(file: string, about: string, evaluate: typeof evaluateAnew): Promise<AgentModule> {
  try {
    return await evaluate(file);
  } catch (error) {
    if (error instanceof DrillError) throw error;
    throw targetNotLoaded(messageOf(error), placeIn(error, file, about));
  }
}

/** The first line of the user's own file in the stack, where the error has one. */
function placeIn(error: unknown, file: string, about: string): Place {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(`${file}:`);
  const [, line, column] = at < 0 ? [] : (stack.slice(at + file.length).match(/^:(\d+):(\d+)/) ?? []);
  if (line === undefined || Number(line) > readFileSync(file, 'utf8').split('\n').length) return { file: about };
  return { file: about, line: Number(line), column: Number(column) };
}

export const module: TargetKind = {
  name: 'module',
  summary: 'A JavaScript or TypeScript file that exports an agent; it runs in processes of its own, in virtual time.',
  params: z.strictObject({
    module: z.string().describe('the file, relative to the project'),
    as: HandlerMapping.optional(),
  }),
  example: 'my-agent: { module: ./src/agent.ts }',
  open: (raw) => opened(raw, evaluateAnew),
};

/** The target in a process of its own. */
export const openFirst: TargetKind['open'] = (raw) => opened(raw, evaluateFirst);

function opened(raw: unknown, evaluate: typeof evaluateAnew): Target {
  const params = z.strictObject({ module: z.string(), cwd: z.string(), as: HandlerMapping.optional() }).parse(raw);
  const file = resolve(params.cwd, params.module);
  const about = relative(params.cwd, file) || file;
  if (!existsSync(file)) {
    throw new DrillError({
      message: `there is no target ${params.module}`,
      place: { file: about },
      fix: 'Name a file that exports an agent, or a target from `drill list targets`.',
    });
  }
  const target = { name: params.module, kind: 'module', about, as: params.as };
  return { ...moduleTarget(target, () => evaluateFile(file, about, evaluate)), source: params };
}
