import { stringify } from 'yaml';
import type { Roles } from '../../core/declaration.ts';

/** A file that is to be written, from the project's folder. */
export interface NewFile {
  path: string;
  text: string;
}

/** What the files are about. */
export interface Plan {
  /** The target's name, and the keys of its entry in the configuration. */
  target: string;
  entry: Record<string, unknown>;
  roles: Roles;
  workflow: string;
  /** It runs in real time: waits are waited for. */
  wall: boolean;
}

const schemaLine = (name: string, up = '.') =>
  `# yaml-language-server: $schema=${up}/node_modules/failover-drill/schema/${name}.schema.json\n`;

const block = (value: unknown, indent: number): string =>
  stringify(value, { lineWidth: 0 }).trimEnd().replace(/^/gm, ' '.repeat(indent));

const inLine = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true }).trim();

/** Every file of a first drill, in the order of the seven layers in which a small team builds its failover. */
export function filesOf(plan: Plan): NewFile[] {
  return [configFile(plan), ...workflowFiles(plan.workflow), ...drillFiles(plan)];
}

function configFile({ target, entry, roles, wall }: Plan): NewFile {
  const features = hasFallback(roles) ? '[fallback, deadline]' : '[deadline]';
  const called = Object.entries(roles).map(([name, role]) => `  ${name}: ${inLine(role)}`);
  return {
    path: 'drill.config.yaml',
    text: `${schemaLine('config')}# The models that your code calls, as it calls them and in the order in which it tries them. Where one is wrong, a run says
# which host and model it saw, with the line to paste. In a drill no key leaves: providers are mocked.
roles:
${called.join('\n')}

targets:
  ${target}:
${block(entry, 4)}
    # It is judged by what it declares: claim less, and less is asked of it; \`drill explain declares\` names all features.
    declares:
      features: ${features}
      deadline_ms: 12000 # how long a user waits at most
${wall ? '      cooldown_ms: 1000 # this target runs in real time, and so does every wait of a drill\n' : ''}      # Layer 1, normalised errors: the failures that lead to the next model, in words that hold for every provider.
      # Without this line all of them do. What a provider refuses for safety never does.
      # fails_over_on: [timeout, rate_limit, server_error, overloaded, network, malformed_response]
      # Layer 4, one explicit fallback: the order of the roles. Without this line it is taken from the first call.
      # chain: ${inLine(Object.keys(roles))}

default_target: ${target}
`,
  };
}

export const hasFallback = (roles: Roles): boolean => Object.keys(roles).length > 1;

function workflowFiles(workflow: string): NewFile[] {
  const home = `fixtures/golden/${workflow}`;
  const up = '../../..';
  return [
    {
      path: `${home}/contract.yaml`,
      text: `${schemaLine('contract', up)}# Layer 3, the fallback contract: what no model may lose, whoever answers. \`drill explain contract\` shows all of it.
workflow: ${workflow}
# Layer 2, strict schemas: where your answers are structured, their JSON Schema. Drills then send another shape, too.
# output: { schema: { type: object, properties: { answer: { type: string } } }, required: [answer] }
# What every answer has to pass, and the tools that may be used; what needs a person's yes.
# gates: [claims-only-what-sources-say, cites-sources]
# permissions: { tools: { lookup_order: read, issue_refund: { write: true, approval: human } } }
# Layer 7, useful degraded modes: whether users are told when a lesser model answers, and what they get when none does.
experience:
  when_degraded: notice # asked of targets that claim \`notice\`
  when_all_fail: honest_failure
`,
    },
    task(
      `${home}/opening_hours.yaml`,
      `${schemaLine('golden-task', up)}# Layer 5, golden tasks: three questions from your real workflow, whose right answer is known. Put yours in place of these.
# A mocked model answers them from \`must_include\` and the sources: what is drilled is your code around it.
name: opening_hours
input: When are you open on Sunday?
fixtures: [opening_hours_v2] # sources/opening_hours_v2.md
must_include: ["10 am"]
max_latency_ms: 12000
`,
    ),
    task(
      `${home}/return_window.yaml`,
      `${schemaLine('golden-task', up)}name: return_window
input: Can I bring a book back that I bought three weeks ago?
fixtures: [returns_v1]
must_include: ["30 days", receipt]
must_not: [we guarantee] # neither the answer nor a notice may say it
max_latency_ms: 12000
`,
    ),
    task(
      `${home}/late_parcel.yaml`,
      `${schemaLine('golden-task', up)}name: late_parcel
input: My parcel has been on its way for six days. What now?
fixtures: [shipping_v3]
must_include: [{ any_of: [seven working days, 7 working days] }]
max_latency_ms: 12000
# requires_citation: true   # the answer has to name its sources
# degraded_ok: false        # nothing but a whole answer will do
`,
    ),
    task(
      `${home}/sources/opening_hours_v2.md`,
      '# Opening hours\n\nMonday to Saturday from 9 am to 6 pm, on Sunday from 10 am to 4 pm.\n',
    ),
    task(
      `${home}/sources/returns_v1.md`,
      '# Returns\n\nBooks may be brought back within 30 days of purchase, unread and with the receipt.\n',
    ),
    task(
      `${home}/sources/shipping_v3.md`,
      '# Shipping\n\nA parcel takes up to seven working days. After that we ask the carrier and tell the customer by e-mail.\n',
    ),
  ];
}

const task = (path: string, text: string): NewFile => ({ path, text });

/** Layer 6: five ways in which a model fails, as drills of the project's own. */
function drillFiles({ workflow, roles, wall, entry }: Plan): NewFile[] {
  const fallback = hasFallback(roles);
  // Of a service nobody could tell which of its asks a call belongs to; of processes the time is saved.
  const load = wall && entry['http'] === undefined ? ', load: { arrive: together }' : '';
  const healed = wall ? '' : '\n  - { name: healed, tasks: 3, after_ms: cooldown }';
  const expected = (...lines: string[]) => ['expect:', ...lines.map((line) => `  ${line}`)].join('\n');
  const inTime = 'ends-inside-deadline: {}';
  const taken = fallback ? ['fails-over: {}'] : [];
  const retries = 'retries-at-most: { retries: 2 } # an SDK retries by itself, and each retry costs time and money';
  const all = Object.keys(roles).map((role) => `{ fault: server-error, role: ${role}, status: 503 }`);
  const drill = (name: string, comment: string, title: string, hypothesis: string, phases: string, expect: string) => ({
    path: `drills/${name}.yaml`,
    text: `${schemaLine('drill', '..')}${comment}drill: ${name}
title: ${title}
hypothesis: ${hypothesis}
tags: [first]
workflow: ${workflow}
phases:
${phases}
${expect}
`,
  });
  const phase = (name: string, faults: string) => `  - { name: ${name}, tasks: 3${load}, faults: [${faults}] }`;
  const primary = (fault: string) => `{ fault: ${fault}, role: primary }`;
  return [
    drill(
      'model_hangs',
      '# Layer 6: simulate a timeout, a rate limit and an invalid reply. Begin with the timeout: it is what most agents get wrong.\n',
      'The first model never answers',
      'Every user has an answer, or an honest end, before the deadline.',
      `${phase('outage', primary('hang'))}${healed}`,
      expected(inTime, ...taken),
    ),
    drill(
      'model_is_rate_limited',
      '',
      'The first model is rate-limited',
      'Nobody waits longer than users do, and nobody tries without an end.',
      phase('limited', '{ fault: rate-limited, role: primary, retry_after_ms: 20000 }'),
      expected(inTime, retries),
    ),
    drill(
      'reply_is_unusable',
      '# With a schema in the contract, try  { fault: schema-drift, role: primary, how: rename }  as well.\n',
      'The first model replies with what cannot be used',
      'Half a reply, or none, is never given out as a whole answer.',
      `${phase('broken_json', primary('malformed-json'))}\n${phase('cut', primary('truncated-answer'))}`,
      expected(inTime),
    ),
    drill(
      'model_is_down',
      '',
      'The first model is down, then well again',
      fallback
        ? 'The next model answers, and the first one is used again once it is well.'
        : 'Users get an honest end, and answers again once the model is well.',
      `${phase('outage', '{ fault: server-error, role: primary, status: 503 }')}${healed}`,
      expected(inTime, ...taken, retries),
    ),
    drill(
      'nothing_answers',
      '# Layer 7: what users are told when nothing works. A raw error is no message.\n',
      'No model answers',
      'The workflow stops cleanly, in time, and says so.',
      phase('all_out', all.join(', ')),
      expected(inTime, 'stops-cleanly: {}'),
    ),
  ];
}
