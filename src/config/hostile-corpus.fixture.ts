/** Files nobody should be able to hurt us with: a sound project, and what may stand in place of each of its files. */

export const SOUND = {
  'drills/mine.yaml': `# a comment
drill: mine
title: The primary never answers
hypothesis: Every task ends.
tags: [core, &tag night]
workflow: support
require: [fallback]
phases:
  - { name: out, tasks: 2, load: { arrive: together }, faults: [{ fault: hang, role: primary, when: { calls: [1] } }] }
  - name: healed
    after_ms: 30000
    tasks: 1
    faults:
      - fault: server-error
        role: primary
        status: 503
        tenants: [acme]
        tasks: [refund]
expect:
  fails-over: { role: backup, within_ms: 8000 }
  retries-at-most: { retries: 1 }
`,
  'drills/other.json': JSON.stringify({
    $schema: '../schema/drill.schema.json',
    drill: 'other',
    title: 'T',
    hypothesis: 'H',
    workflow: 'support',
    phases: [{ name: 'out', tasks: 1, faults: [{ fault: 'rate-limited', role: 'backup', retry_after_ms: 1000 }] }],
    expect: { 'fails-over': { role: 'backup', within_ms: 8000 } },
  }),
  'drill.config.yaml': `roles:
  primary: { provider: openai, protocol: openai-chat, base_url: https://api.openai.com/v1, model: m, key_env: KEY_A }
  backup: { provider: p, protocol: anthropic-messages, base_url: https://p.example, model: n, price: { input: 1, output: 2 } }
targets:
  mine: { module: ./agent.mjs, declares: { features: [fallback, deadline], chain: [primary, backup], retries: 1 } }
  theirs: { builtin: reference }
redact: ['ACME-[0-9]+']
default_target: mine
`,
  'fixtures/golden/support/contract.yaml': `workflow: support
stakes: high
wrong_is_worse_than_none: true
gates: [cites-sources]
output:
  schema: answer.schema.json
  required: [answer]
permissions: { tools: { issue_refund: { write: true, claimed_by: promise_refund } }, modes: { backup: plan-only } }
experience: { when_degraded: notice, degraded_on: [backup] }
`,
  'fixtures/golden/support/concepts.yaml': `promise_refund:
  says: ['\\b(we|i) will refund\\b']
  unless: ['\\bgift card\\b']
  positive: [We will refund you., I will refund it., 'Yes, we will refund all.']
  negative: [We will not refund you., Will we refund you?, 'If asked, we will refund.']
`,
  'fixtures/golden/support/notices.yaml': `notices:
  - { text: 'Done: {tool}. Back in {time}.', means: { done: '{tool}', next: true } }
  - { text: Answers are limited for now., means: { limited: true }, guess: true }
`,
  'fixtures/golden/support/tools.json': JSON.stringify([
    {
      name: 'issue_refund',
      parameters: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
    },
  ]),
  'fixtures/golden/support/answer.schema.json': JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://acme.example/answer.json',
    type: 'object',
    properties: {
      answer: { $ref: '#/$defs/text' },
      citations: { type: 'array', items: { type: 'string', pattern: '^[a-z_]+$' }, minItems: 1 },
      confidence: { anyOf: [{ enum: ['low', 'high'] }, { type: 'number', minimum: 0, maximum: 1 }] },
    },
    required: ['answer'],
    additionalProperties: false,
    $defs: { text: { type: 'string', minLength: 1, format: 'uri' } },
  }),
  'fixtures/golden/support/refund.json': JSON.stringify({
    name: 'refund',
    input: 'May I?',
    tenant: 'acme',
    priority: 'high',
    fixtures: ['policy'],
    required_sources: ['policy'],
    must_include: ['30 days', { any_of: ['a', 'b'] }, { pattern: '[0-9]+ days?' }],
    must_not: [{ pattern: '(?i)promise' }, { concept: 'promise_refund' }],
    turns: [{ tool: 'issue_refund', args: { amount: 3 } }],
    misreadings: [{ field: 'answer', how: 'units', value: 'No.' }],
    requires_citation: true,
    max_latency_ms: 12000,
    max_cost_usd: 0.04,
    answer: { answer: 'Yes.', citations: ['policy'] },
  }),
  'fixtures/golden/support/more.yaml':
    '- { name: one, input: A, tenant: acme }\n- name: two\n  input: |\n    B\n    C\n',
  'fixtures/sources/acme/policy.md': 'Thirty days.\n',
  'fixtures/sources/acme/tenant.yaml': 'name: acme\ncanary: canary-acme-1\n',
  'agent.mjs': "export default async () => 'Yes.';\n",
} as const;

export type SoundFile = keyof typeof SOUND;

/** What `drill validate` is given so that it reads a file. */
export const READ_BY = new Map<SoundFile, string>([
  ['drills/mine.yaml', 'drills/mine.yaml'],
  ['drills/other.json', 'drills/other.json'],
  ['drill.config.yaml', 'drill.config.yaml'],
  ['fixtures/golden/support/contract.yaml', 'fixtures/golden/support'],
  ['fixtures/golden/support/concepts.yaml', 'fixtures/golden/support'],
  ['fixtures/golden/support/notices.yaml', 'fixtures/golden/support'],
  ['fixtures/golden/support/tools.json', 'fixtures/golden/support'],
  ['fixtures/golden/support/answer.schema.json', 'fixtures/golden/support'],
  ['fixtures/golden/support/refund.json', 'fixtures/golden/support'],
  ['fixtures/golden/support/more.yaml', 'fixtures/golden/support'],
  ['fixtures/sources/acme/policy.md', 'fixtures/golden/support'],
  ['fixtures/sources/acme/tenant.yaml', 'fixtures/golden/support'],
]);

const MB = 1_000_000;
const times = (text: string, bytes: number): string => text.repeat(Math.ceil(bytes / text.length));
const numbered = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('');

/** No text at all, so refused wherever it stands. */
export const NO_TEXT: Record<string, Uint8Array> = {
  'ten megabytes': Buffer.alloc(10 * MB, 'a'),
  'bad UTF-8': Uint8Array.from([0x61, 0x3a, 0x20, 0xff, 0xfe, 0xc3, 0x28]),
  'an overlong slash': Uint8Array.from([0x61, 0x3a, 0x20, 0xc0, 0xaf]),
  'UTF-16': Buffer.from('\ufeffdrill: mine\n', 'utf16le'),
  binary: Uint8Array.from({ length: 4096 }, (_, i) => (i * 151) % 256),
  'a NUL': Buffer.from('drill: mi\0ne\n'),
};

/** Text that is broken whichever data file it stands for. */
export const BROKEN: Record<string, string> = {
  empty: '',
  blank: ' \n\t\n',
  'a comment only': '# nothing\n',
  'a byte order mark only': '\ufeff',
  'a number': '7',
  'a word': 'yes',
  nothing: '~',
  'a list of lists': '[[], [[]]]',
  'a duplicate key': 'drill: x\nname: y\ndrill: z\n',
  'a duplicate key in JSON': '{"a": 1, "a": 2}',
  'a quoted duplicate': 'a: 1\n"a": 2\n',
  'a hundred thousand keys': numbered(100_000, (i) => `k${i}: ${i}\n`),
  'ten thousand unknown keys': numbered(10_000, (i) => `k${i}: ${i}\n`),
  'one key ten thousand times': times('a: 1\n', 50_000),
  'a long key': `${times('k', 900_000)}: 1\n`,
  'a hundred long keys': numbered(100, (i) => `${i}${times('k', 9_000)}: 1\n`),
  'an alias bomb': `a0: &a0 [x]\n${numbered(30, (i) => `a${i + 1}: &a${i + 1} [${times(`*a${i}, `, 30)}]\n`)}`,
  'two hundred aliases': `a: &a 1\nb: [${times('*a, ', 800)}]\n`,
  'an alias of itself': 'a: &a [*a]\n',
  'an alias of nothing': 'a: *b\n',
  'ten thousand anchors': numbered(10_000, (i) => `- &a${i} 1\n`),
  'a merge key': 'a: &a { drill: x }\n<<: *a\n',
  'a function': 'a: !!js/function "function () { process.exit(3) }"\n',
  'a tag of our own': '!drill a: 1\n',
  'a set': '!!set { a, b }\n',
  'a date': '%YAML 1.1\n---\na: !!timestamp 2026-01-02\n',
  'not a number': 'a: .nan\n',
  'an infinite number': 'a: 1e999\n',
  'two documents': 'a: 1\n---\nb: 2\n',
  'a key that is a mapping': '? { a: 1 }\n: 2\n',
  'a key that is empty': ': 1\n',
  'prototype keys': '__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }\ntoString: 1\n',
  'prototype keys in JSON': '{"__proto__": {"polluted": 1}, "hasOwnProperty": 1, "valueOf": null}',
  'an open bracket': 'a: [1, 2\nb: 3\n',
  'an open quote': 'a: "b\n',
  'half a million brackets': times('[', MB / 2),
  'half a million braces': times('{', MB / 2),
  'pairs of brackets': `${times('[', 10_000)}${times(']', 10_000)}`,
  'two hundred thousand dashes': times('- ', 400_000),
  'two hundred thousand question marks': times('? ', 400_000),
  'two hundred thousand colons': times(': ', 400_000),
  'three hundred thousand commas': `[${times(',', 300_000)}]`,
  'two hundred thousand items': times('- 1\n', 800_000),
  'thirty thousand items': times('- 1\n', 120_000),
  'indented for ever': numbered(600, (i) => `${' '.repeat(i)}a:\n`),
  'a megabyte of spaces': times(' ', MB),
  'a megabyte of line ends': times('\n', MB),
  'a megabyte of carriage returns': times('\r', MB),
  'a megabyte of quotes': times('"', MB),
  'a megabyte of ampersands': times('&', MB),
  'a megabyte of stars': times('*a ', MB),
  'a megabyte of tags': times('- !x 1\n', MB),
  'a megabyte of directives': times('%a\n', MB),
  'a megabyte in one word': times('x', MB),
  'a megabyte in one quoted text': `"${times('\\u0000', MB - 2)}"`,
  'a megabyte in a block': `a: |\n${times(' b\n', MB - 10)}`,
  'escape sequences': '"\\e[2J\\e]0;title\\a": "\\u202e"\n',
  'escape sequences in the text': '\u001b[2J: \u009b31m\n',
  'half a character': '"\\ud800": 1\n',
  'tabs as indentation': 'a:\n\t\tb: 1\n\tc: 2\n',
  'a page of HTML': '<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>',
  'somebody else’s YAML': 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n',
  'JSON with a comment': '{ // no\n"a": 1 }',
  'truncated JSON': '{"drill": "x", "phases": [{"na',
};

const mine = SOUND['drills/mine.yaml'];
const contract = SOUND['fixtures/golden/support/contract.yaml'];
const config = SOUND['drill.config.yaml'];
const schema = (value: unknown) => JSON.stringify(value);
const chained = (count: number, of: (next: string) => unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`d${i}`, of(`#/$defs/d${i + 1}`)]));
const task = (more: object) => JSON.stringify({ name: 'refund', input: 'May I?', tenant: 'acme', ...more });

/** Sound but for one slip that only this kind of file can have. */
export const SLIPS: [file: SoundFile, what: string, text: string][] = [
  ['drills/mine.yaml', 'a workflow that is not there', mine.replace('workflow: support', 'workflow: suport')],
  ['drills/mine.yaml', 'a workflow that is a path', mine.replace('workflow: support', 'workflow: ../../../etc')],
  ['drills/mine.yaml', 'a workflow every object has', mine.replace('workflow: support', 'workflow: constructor')],
  ['drills/mine.yaml', 'a fault every object has', mine.replace('fault: hang', 'fault: constructor')],
  ['drills/mine.yaml', 'a check every object has', mine.replace('fails-over:', '__proto__:')],
  ['drills/mine.yaml', 'a load that cannot be a word', mine.replace('arrive: together', 'arrive: { toString: 1 }')],
  ['drills/mine.yaml', 'a fault with a key of prototypes', mine.replace('status: 503', '__proto__: { status: 503 }')],
  [
    'drills/mine.yaml',
    'ten thousand phases of unknown faults',
    mine.replace(/phases:[\s\S]*expect/, `phases:\n${times('- { faults: [{ fault: hnag }] }\n', 60_000)}expect`),
  ],
  [
    'drills/mine.yaml',
    'twenty thousand unknown faults',
    mine.replace(/faults: \[.*\]/, `faults: [${times('{ fault: x, role: y },', 150_000)}]`),
  ],
  ['drills/mine.yaml', 'ten thousand features', mine.replace('[fallback]', `[${times('falback,', 80_000)}]`)],
  ['drills/mine.yaml', 'a title of a megabyte', mine.replace('The primary never answers', times('x', 900_000))],
  ['drills/mine.yaml', 'more tasks than there are numbers', mine.replace('tasks: 2', 'tasks: 1e308')],
  ['drills/mine.yaml', 'a number beyond the exact', mine.replace('30000', '9007199254740993')],
  ['drills/mine.yaml', 'a hexadecimal date', mine.replace('30000', '2026-01-02')],
  [
    'drill.config.yaml',
    'a target every object has',
    config.replace('default_target: mine', 'default_target: toString'),
  ],
  ['drill.config.yaml', 'a builtin every object has', config.replace('builtin: reference', 'builtin: __proto__')],
  ['drill.config.yaml', 'a role every object has', config.replace('chain: [primary', 'chain: [constructor')],
  ['drill.config.yaml', 'a chain of ten thousand', config.replace('chain: [', `chain: [${times('primry, ', 80_000)}`)],
  ['drill.config.yaml', 'a folder for a module', config.replace('./agent.mjs', './drills')],
  ['drill.config.yaml', 'no address', config.replace('https://p.example', 'not an address')],
  ['drill.config.yaml', 'an address of another kind', config.replace('https://p.example', 'file:///etc/passwd')],
  ['drill.config.yaml', 'an environment variable that cannot be', config.replace('KEY_A', "''")],
  ['drill.config.yaml', 'a broken pattern', config.replace('ACME-[0-9]+', '(?=x)')],
  ['drill.config.yaml', 'a pattern of a million steps', config.replace('ACME-[0-9]+', times('a{1000}', 490))],
  [
    'drill.config.yaml',
    'five thousand targets',
    config.replace('targets:\n', `targets:\n${numbered(5000, (i) => `  t${i}: { builtin: x }\n`)}`),
  ],
  ['fixtures/golden/support/contract.yaml', 'a schema outside', contract.replace('answer.schema', '../../../x.schema')],
  [
    'fixtures/golden/support/contract.yaml',
    'a schema far outside',
    contract.replace('answer.schema.json', '/etc/passwd'),
  ],
  ['fixtures/golden/support/contract.yaml', 'a folder for a schema', contract.replace('answer.schema.json', '.')],
  ['fixtures/golden/support/contract.yaml', 'a schema with a NUL', contract.replace('answer.schema.json', '"a\\0b"')],
  [
    'fixtures/golden/support/contract.yaml',
    'an inline pattern',
    contract.replace('answer.schema.json', '{ pattern: "(a" }'),
  ],
  ...(
    [
      ['a remote reference', { $ref: 'https://acme.example/schema.json' }],
      ['a file for a reference', { $ref: 'file:///etc/passwd' }],
      ['a reference to nowhere', { properties: { a: { $ref: '#/$defs/none' } } }],
      ['a reference to what is no schema', { $ref: '#/required', required: ['a'] }],
      ['a reference to itself', { $ref: '#' }],
      ['references in a circle', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }],
      ['a tree', { properties: { left: { $ref: '#' }, right: { $ref: '#' } } }],
      [
        'references that double',
        { $ref: '#/$defs/d0', $defs: { ...chained(40, ($ref) => ({ allOf: [{ $ref }, { $ref }] })), d40: true } },
      ],
      [
        'references five thousand deep',
        { $ref: '#/$defs/d0', $defs: { ...chained(5000, ($ref) => ({ $ref })), d5000: true } },
      ],
      ['a pattern that is none', { pattern: '(' }],
      ['a pattern that is no text', { pattern: 7 }],
      ['a pattern with look-around', { pattern: '^(?=.*a)(?!.*b)' }],
      ['a pattern with a back-reference', { pattern: '(a)\\1' }],
      ['a long pattern', { pattern: times('a', 100_000) }],
      ['a pattern of fifty thousand steps', { pattern: times('[^a]{1000}', 490) }],
      ['patterns by name', { patternProperties: { '(a+)+$': true } }],
      ['the slow format', { format: 'url' }],
      ['a type that is none', { type: 'text' }],
      ['no types', { type: [] }],
      ['properties that are none', { properties: [1] }],
      ['a property every object has', { properties: { toString: { type: 'string' } } }],
      ['items of the old kind', { items: [{ type: 'string' }] }],
      ['choices that are none', { anyOf: { a: 1 } }],
      ['a choice of nothing', { enum: [] }],
      ['a billion items', { type: 'array', items: { type: 'array', minItems: 1000 }, minItems: 1000 }],
      ['fewer than no items', { minItems: -1 }],
      ['half an item', { minItems: 0.5 }],
      ['an address that is none', { $id: 'http://[' }],
      ['an address within', { properties: { a: { $id: 'https://other.example/' } } }],
    ] satisfies [string, object][]
  ).map(([what, value]): [SoundFile, string, string] => [
    'fixtures/golden/support/answer.schema.json',
    what,
    schema(value),
  ]),
  ['fixtures/golden/support/refund.json', 'a source outside', task({ fixtures: ['../lumen/policy'] })],
  ['fixtures/golden/support/refund.json', 'a source far outside', task({ fixtures: ['/etc/passwd'] })],
  ['fixtures/golden/support/refund.json', 'another tenant’s source', task({ fixtures: ['lumen/policy'] })],
  ['fixtures/golden/support/refund.json', 'a source of Windows', task({ fixtures: ['..\\policy'] })],
  ['fixtures/golden/support/refund.json', 'a source with a NUL', task({ fixtures: ['policy\0'] })],
  ['fixtures/golden/support/refund.json', 'a source without a name', task({ fixtures: [''] })],
  ['fixtures/golden/support/refund.json', 'a source of a megabyte', task({ fixtures: [times('x', 900_000)] })],
  ['fixtures/golden/support/refund.json', 'a tenant outside', task({ tenant: '../lumen' })],
  ['fixtures/golden/support/refund.json', 'a catastrophic pattern', task({ must_not: [{ pattern: '(?=(a+)+$)' }] })],
  [
    'fixtures/golden/support/refund.json',
    'patterns of fifty thousand steps each',
    task({ must_not: Array(50).fill({ pattern: times('[^a]{1000}', 490) }) }),
  ],
  [
    'fixtures/golden/support/refund.json',
    'two thousand large patterns',
    JSON.stringify(
      Array.from({ length: 40 }, (_, i) => ({
        ...{ name: `t${i}`, input: 'A' },
        must_not: Array(50).fill({ pattern: 'a{1000}b{900}' }),
      })),
    ),
  ],
  [
    'fixtures/golden/support/refund.json',
    'two thousand tasks',
    JSON.stringify(Array.from({ length: 2000 }, (_, i) => ({ name: `t${i}`, input: 'A' }))),
  ],
  [
    'fixtures/golden/support/refund.json',
    'nine hundred tasks of one name and fifty missing sources',
    JSON.stringify(Array(300).fill({ name: 'a', input: 'A', fixtures: Array.from({ length: 50 }, (_, i) => `s${i}`) })),
  ],
  ['fixtures/sources/acme/tenant.yaml', 'another name', 'name: lumen\ncanary: canary-lumen-1\n'],
  ['fixtures/sources/acme/tenant.yaml', 'a short canary', 'name: acme\ncanary: a\n'],
];
