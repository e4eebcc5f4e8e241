import type { DrillReport } from '../core/report.ts';
import { variableOf } from '../core/sockets.ts';
import { BASELINE, type EventOf, type TraceEvent } from '../core/trace.ts';
import type { JudgePlan } from './plan.ts';

export type Reason = DrillReport['reasons'][number];

/** What keeps a drill from being conclusive, told once each. */
export class Reasons {
  readonly #reasons = new Map<string, Reason>();
  /** The world leaked: not even a finding can be believed. */
  untrusted = false;
  /** No fault can be put before the target, so there is nothing to go on for: it speaks what is not spoken here, or does not come here. */
  hopeless = false;

  add(reason: Reason): void {
    if (!this.#reasons.has(reason.reason)) this.#reasons.set(reason.reason, reason);
  }

  get all(): Reason[] {
    const all = [...this.#reasons.values()];
    const connects = all.some(({ reason }) => reason.includes(LEFT + CONNECT));
    return connects ? all.filter(({ reason }) => !reason.endsWith(`${LEFT}socket`)) : all;
  }

  see(event: TraceEvent, plan: JudgePlan): void {
    const leak =
      event.kind === 'unknown-call'
        ? unknownCall(event, plan)
        : event.kind === 'unattributed-call'
          ? unattributedCall(event)
          : event.kind === 'real-io' && event.fatal
            ? realIo(event, plan)
            : event.kind === 'unscripted-call' && event.unspoken && event.phase === BASELINE
              ? unspokenCall(event)
              : event.kind === 'withheld'
                ? withheldCall(event)
                : event.kind === 'outcome'
                  ? lostContext(event, plan)
                  : undefined;
    if (leak === undefined) return;
    this.untrusted = true;
    this.hopeless ||= event.kind === 'unscripted-call' || event.kind === 'withheld';
    this.add(leak);
  }
}

/** Of a target whose calls come over sockets none came, and nothing says where they went. */
export const silent = (plan: JudgePlan): Reason => ({
  reason: 'it does not call the stand: without faults not one call to a model came',
  fix: pointingAt(plan),
});

/** How a process is led to the stand. */
const pointingAt = ({ roles }: JudgePlan) =>
  `Let its clients take their base URL from the environment: OPENAI_BASE_URL, ANTHROPIC_BASE_URL and the like, or ${Object.keys(
    roles,
  )
    .map((role) => `${variableOf(role)}_URL`)
    .join(
      ', ',
    )}. What drill starts has them; a service that runs already must be started with the lines that the run prints first.`;

/** How the event ends of a crash that is no task's finding. */
export const IN_NO_TASK = ", in no task's time";

const LEFT = 'left the virtual world: ';
/** What a connection is told as, before where it was to go; a socket that is made for it is told of before. */
const CONNECT = 'net.connect ';

function realIo(event: EventOf<'real-io'>, plan: JudgePlan): Reason {
  if (event.what.endsWith(IN_NO_TASK)) {
    return {
      reason: event.what,
      fix: 'A process of its own would have ended there: let the target catch what it leaves running outside of its tasks, or after their answers.',
    };
  }
  if (event.changed)
    return {
      reason: `the target changed ${event.what}, by which what it does is recorded`,
      fix: 'Leave what the language gives as it is: nothing that was recorded since can be trusted.',
    };
  if (event.ended)
    return {
      reason: event.task === undefined ? event.what : `${event.task}: ${event.what}`,
      fix: 'What it was asked then has no outcome. Let the target return or throw, and await what takes long.',
    };
  return { reason: `${event.by} ${LEFT}${event.what}`, fix: wayBack(event.what, plan) };
}

function wayBack(what: string, { roles }: JudgePlan): string {
  const hosts = Object.values(roles).map(({ base_url }) => hostOf(base_url));
  if (what.startsWith(CONNECT) && hosts.includes(hostOf(`tcp://${what.slice(CONNECT.length)}`)))
    return 'The client that it calls models by opens sockets itself. Hand it the global one: `fetch: globalThis.fetch` to an SDK, `adapter: "fetch"` to axios. Or drill the program as a command, by `--target "node FILE"`: there every client is seen.';
  return 'Let the target reach models through fetch or the habitat only; what else it needs, give it without sockets, processes, threads and watchers. As a command, by `--target "node FILE"`, it runs in real time and may have them.';
}

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).hostname : undefined);

const withheldCall = ({ role, because, why, fix }: EventOf<'withheld'>): Reason => ({
  reason: because === 'output_limit' ? `${role}: ${why}` : `a call to ${role} was not passed on: ${why}`,
  fix,
});

const unspokenCall = ({ why }: EventOf<'unscripted-call'>): Reason => ({
  reason: `the target calls what is in no protocol that is spoken here: ${why}`,
  fix: 'Let it call models in one of those that `drill list protocols` shows.',
});

const unattributedCall = ({ role, asks }: EventOf<'unattributed-call'>): Reason => ({
  reason: `nothing told to which of ${asks} asks under way a call to ${role} belongs`,
  fix: 'Let the target hand on the header x-drill-ask or traceparent of its request with its own calls, put the task id into the `user` of the body, or set `marker: true` on the target.',
});

function lostContext({ kept }: EventOf<'outcome'>, { wall }: JudgePlan): Reason | undefined {
  if (!kept?.some((reply) => reply.other_context)) return undefined;
  return wall
    ? {
        reason: "one task's calls carried the mark of another, so whose a call is cannot be told",
        fix: 'Hand on with each call the header x-drill-ask or traceparent of the request, or of the task, that it is made for.',
      }
    : {
        reason: "one task's calls were made in the asynchronous context of another, so whose a call is cannot be told",
        fix: 'A queue or a limiter of the target runs its work in the context of whoever ended before. Hand it AsyncResource.bind(work), of node:async_hooks, in place of work: tracing needs that as well.',
      };
}

/** Says which host and model were seen, and the line that makes a role of them. */
function unknownCall(event: EventOf<'unknown-call'>, plan: JudgePlan): Reason {
  // Only a proxy of ours sees what does not come to the stand, and not which model is asked.
  if (plan.wall)
    return { reason: `a call was to leave for ${event.origin}${event.path}, past the stand`, fix: pointingAt(plan) };
  const known = Object.values(plan.roles).some(({ base_url }) => originOf(base_url) === event.origin);
  const parts = [
    `provider: ${event.origin.replace(/^\w+:\/\/|:\d+$/g, '')}`,
    `protocol: ${event.protocol ?? '…'}`,
    `base_url: ${event.base_url ?? event.origin}`,
    `model: ${event.model ?? '…'}`,
  ];
  return {
    reason: known
      ? `a call to ${event.origin} asked for the model ${event.model ?? '(none)'}, which is no role's`
      : `a call went to ${event.origin}${event.path} (model ${event.model ?? 'not named'}), which is no role's host`,
    fix: `${asService(event)}ake it a role, in the target's \`roles\` or in drill.config.yaml. Paste  ${rolesWith(parts.join(', '), plan)}`,
  };
}

/** What speaks no protocol of models may be somebody's service that calls them. */
const asService = ({ protocol, origin, path }: EventOf<'unknown-call'>): string =>
  protocol === undefined
    ? `Where it is a service of yours that calls models, drill that, by \`--target ${origin}${path}\`. Telemetry, switch off for the drill. Where it is a model, m`
    : 'M';

/** All roles of the chain and one more: whoever names roles names all of them. */
function rolesWith(added: string, { roles, declares }: JudgePlan): string {
  const own = declares.chain.flatMap((name) => {
    const { provider, protocol, base_url, model, key_env } = roles[name] ?? {};
    const key = key_env === undefined ? '' : `, key_env: ${key_env}`;
    return model === undefined
      ? []
      : [`${name}: { provider: ${provider}, protocol: ${protocol}, base_url: ${base_url}, model: ${model}${key} }`];
  });
  const free = ['primary', 'backup', 'backup-2', 'backup-3', 'backup-4'].find((name) => roles[name] === undefined);
  return `roles: { ${[...own, `${free ?? 'another'}: { ${added} }`].join(', ')} }`;
}

/** Where something in an address was redacted it may be no URL any more. */
const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : undefined);
