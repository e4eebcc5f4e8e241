/** Who may know whom (see CONTRIBUTING). Each rule is proven once by a planted violation in src/architecture.test.ts. */
const knows = {
  core: [],
  protocols: ['core'],
  world: ['core'],
  faults: ['core'],
  checks: ['core'],
  reporters: ['core'],
  targets: ['core', 'world'],
  stand: ['core', 'protocols', 'world'],
  runner: ['core', 'world'],
  runtime: ['core', 'protocols'],
  config: ['core'],
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
      name: 'only-the-cli-knows-the-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/'] },
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
