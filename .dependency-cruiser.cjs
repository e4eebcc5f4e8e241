/** Who may know whom (see CONTRIBUTING). Each rule is proven once by a planted violation in src/architecture.test.ts. */
const knows = {
  core: [],
  text: ['core'],
  protocols: ['core', 'text'],
  world: ['core'],
  faults: ['core', 'text'],
  checks: ['core', 'text'],
  reporters: ['core', 'text', 'page'],
  page: ['text'],
  targets: ['core', 'text', 'protocols', 'world'],
  stand: ['core', 'text', 'protocols', 'world'],
  redaction: ['core', 'text'],
  recording: ['core', 'text', 'redaction'],
  judge: ['core', 'text'],
  run: ['core', 'text', 'world', 'redaction', 'recording', 'judge'],
  runtime: ['core', 'text', 'protocols'],
  config: ['core', 'text'],
  cassettes: ['core', 'text', 'protocols', 'world', 'redaction'],
  live: ['core', 'text', 'protocols', 'world'],
  hosted: ['core', 'text', 'world'],
  schedule: ['core', 'text', 'world'],
  stopping: ['core', 'text', 'world'],
  gameday: ['core', 'text', 'world', 'config', 'reporters', 'stand'],
};
const source = (room) => `^src/${room}/`;

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...Object.entries(knows).map(([room, allowed]) => ({
      name: `${room}-knows-only-${allowed.join('-') || 'nobody'}`,
      severity: 'error',
      from: { path: source(room) },
      to: { path: '^src/', pathNot: [`^src/${room}/`, ...allowed.map((a) => `^src/${a}/`)] },
    })),
    {
      name: 'core-imports-only-zod',
      severity: 'error',
      from: { path: source('core') },
      to: { pathNot: ['^src/core/', 'node_modules/zod/'] },
    },
    {
      name: 'nobody-knows-runtime',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/runtime/', '^src/catalogue\\.ts$'] },
      to: { path: '^src/runtime/' },
    },
    {
      // A user's code is evaluated behind this door: whoever judges must not be able to reach through it.
      name: 'only-assembly-knows-the-player',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/player/', '^src/(?:assemble\\.ts|whole\\.cjs)$'] },
      to: { path: '^src/player/' },
    },
    {
      // They are for people to read: a run is judged the same where nobody kept them.
      name: 'no-verdict-rests-on-bodies',
      severity: 'error',
      from: { path: '^src/(checks|judge|text)/' },
      to: { path: '^src/core/bodies\\.ts$' },
    },
    {
      // What draws a screen is large: it is loaded where there is a terminal, and nowhere else.
      name: 'only-watched-knows-the-screen',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/reporters/live/', '^src/watched\\.ts$', '^src/gameday/screen\\.ts$'] },
      to: { path: '^src/reporters/live/' },
    },
    {
      name: 'only-the-screen-draws',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/reporters/live/'] },
      to: { path: 'node_modules/(@types/)?(ink|react)/' },
    },
    {
      name: 'only-the-cli-knows-the-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/', '^src/whole\\.cjs$'] },
      to: { path: '^src/cli/' },
    },
  ],
  options: {
    exclude: { path: '\\.(test|fixture)\\.ts$' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
