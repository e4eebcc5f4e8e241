import type { CiProject, Installed, Manager } from './ci-project.ts';

/** What a package manager needs in CI. `exec` never fetches a command that the project does not have. */
interface Words {
  install: string;
  exec: string;
  /** The name under which `actions/setup-node` keeps its downloads. */
  cache?: string;
  /** What brings the package manager to GitHub's machines, before Node is set up. */
  action?: readonly string[];
  /** What brings it to any machine that has Node. */
  prepare?: string;
}

/** The pnpm of a project that names none. */
const PNPM = 10;

const WORDS: Record<Manager, (project: Installed) => Words> = {
  npm: ({ locked }) => ({
    install: locked ? 'npm ci' : 'npm install',
    exec: 'npx --no drill',
    ...(locked && { cache: 'npm' }),
  }),
  pnpm: ({ pinned }) => ({
    install: 'pnpm install --frozen-lockfile',
    exec: 'pnpm exec drill',
    cache: 'pnpm',
    // The action refuses a version beside that of package.json.
    action: ['- uses: pnpm/action-setup@v5', ...(pinned ? [] : ['  with:', `    version: ${PNPM}`])],
    // It hands over to the version that package.json names.
    prepare: `npm install --global pnpm@${PNPM}`,
  }),
  'yarn-classic': () => ({
    install: 'yarn install --frozen-lockfile',
    exec: 'yarn exec -- drill',
    cache: 'yarn',
  }),
  // No cache: to find it, this yarn would have to be there before Node is.
  yarn: () => ({ install: 'yarn install --immutable', exec: 'yarn exec -- drill', prepare: 'corepack enable' }),
  bun: () => ({
    install: 'bun install --frozen-lockfile',
    exec: 'bunx --no-install drill',
    action: ['- uses: oven-sh/setup-bun@v2'],
    prepare: 'npm install --global bun',
  }),
};

export const NODE = 22;
export const REPORTS = 'reports/';
const LATER = 'Live drills, against real providers, come with a later version: today every drill is mocked.';

/** How the command of the project's own is called, word by word. */
export const execOf = (project: Installed): string[] => WORDS[project.manager](project).exec.split(' ');

/** How a person calls the command in a project, and what adds the package to it first, where it is not there. */
export function packageCommand({ manager, depends }: Installed, isPackage: boolean): { add?: string; run: string } {
  // The command's own name belongs to another package of the registry.
  if (!isPackage) return { run: 'npx failover-drill' };
  const run = { npm: 'npx drill', pnpm: 'pnpm exec drill', yarn: 'yarn drill', bun: 'bunx drill' };
  const add = { npm: 'npm install --save-dev', pnpm: 'pnpm add -D', yarn: 'yarn add -D', bun: 'bun add -d' };
  const name = manager === 'yarn-classic' ? 'yarn' : manager;
  return { run: run[name], ...(!depends && { add: `${add[name]} failover-drill` }) };
}

/** The steps of a job of GitHub that leave the project as it was installed where its author tested it. */
export function setUpSteps(project: Installed): string[] {
  const { action = [], cache, prepare, install } = WORDS[project.manager](project);
  return [
    '- uses: actions/checkout@v6',
    '  with:',
    '    persist-credentials: false',
    ...action,
    '- uses: actions/setup-node@v6',
    '  with:',
    `    node-version: ${NODE}`,
    ...(cache === undefined ? [] : [`    cache: ${cache}`]),
    ...(prepare === undefined || action.length > 0 ? [] : [`- run: ${prepare}`]),
    `- run: ${install}`,
  ];
}

/** The step that keeps what a run has written. */
export const keepStep = (artifact: string): string[] => [
  '- name: Keep the report',
  `  if: ${expression('!cancelled()')}`,
  '  uses: actions/upload-artifact@v7',
  '  with:',
  `    name: ${artifact}`,
  `    path: ${REPORTS}`,
  '    # A drill that could not begin has none.',
  '    if-no-files-found: ignore',
];

/** The same for GitLab, as lines of a script. */
export function setUpScript(project: Installed): string[] {
  const { prepare, install } = WORDS[project.manager](project);
  return [...(prepare === undefined ? [] : [prepare]), install];
}

const runLine = (words: Words, { target }: CiProject): string =>
  `${words.exec} run --ci${target === undefined ? '' : ' --target="$DRILL_TARGET"'}`;

/** The workflow for GitHub: mocked drills on pull requests and on pushes to the default branch. */
export function githubWorkflow(project: CiProject): string {
  const words = WORDS[project.manager](project);
  const steps = [
    ...setUpSteps(project),
    '- name: Run the drills',
    ...(project.target === undefined ? [] : ['  env:', `    DRILL_TARGET: ${githubText(project.target)}`]),
    `  run: ${runLine(words, project)}`,
    ...keepStep('failover-drill'),
    '# Findings as alerts: add --reporter sarif to the run above. The job then needs',
    '# `permissions: { contents: read, security-events: write }`.',
    '# - name: Show findings under Security',
    `#   if: ${expression('!cancelled()')}`,
    '#   uses: github/codeql-action/upload-sarif@v4',
    '#   with:',
    `#     sarif_file: ${REPORTS}`,
  ];
  return `# Written by \`drill init --ci github\`, and yours to change. docs/ci.md of failover-drill says more.
name: Failover drill

on:
  pull_request:
  push:
    branches: [${project.branch ?? 'main, master'}]
  # For the live job below:
  # schedule:
  #   - cron: '17 4 * * 1'

permissions:
  contents: read

# A newer push makes the run before it pointless.
concurrency:
  group: ${expression('github.workflow')}-${expression('github.ref')}
  cancel-in-progress: true

jobs:
  mocked:
    name: mocked drills
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
${steps.map((line) => `      ${line}`).join('\n')}

  # ${LATER}
  # live:
  #   if: github.event_name == 'schedule'
  #   runs-on: ubuntu-latest
  #   timeout-minutes: 30
  #   steps:
  #     - run: echo 'not there yet'
`;
}

/** The job for GitLab, to be included: it sets nothing but itself. */
export function gitlabJob(project: CiProject): string {
  const words = WORDS[project.manager](project);
  const script = [...setUpScript(project), runLine(words, project)];
  const target =
    project.target === undefined
      ? []
      : ['variables:', '  DRILL_TARGET:', `    value: ${yamlText(project.target)}`, '    expand: false'];
  return `# Written by \`drill init --ci gitlab\`, and yours to change. docs/ci.md of failover-drill says more.
failover-drill:
  stage: test
  image: node:${NODE}
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  # A newer push makes the run before it pointless.
  interruptible: true
  timeout: 15 minutes
${target.map((line) => `  ${line}\n`).join('')}  script:
${script.map((line) => `    - ${line}\n`).join('')}  artifacts:
    when: always
    paths:
      - ${REPORTS}
    reports:
      junit: ${REPORTS}*/junit.xml

# ${LATER}
# failover-drill-live:
#   stage: test
#   image: node:${NODE}
#   rules:
#     - if: $CI_PIPELINE_SOURCE == "schedule"
#   timeout: 30 minutes
#   script:
#     - echo 'not there yet'
`;
}

/** Where GitLab finds the job, and what it is told in a project that has no CI yet. */
export const GITLAB_JOB = '.gitlab/failover-drill.gitlab-ci.yml';
export const GITLAB_INCLUDE = `include:\n  - local: ${GITLAB_JOB}\n`;

/** Any text as one line of YAML; what an editor would not show, or a parser refuse, stands as its number. */
export const yamlText = (text: string): string =>
  JSON.stringify(text).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufeff]/gu,
    (one) => `\\U${(one.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );

/** GitHub reads expressions out of every text: what opens one is written as an expression itself. */
export const githubText = (text: string): string => yamlText(text.replaceAll(OPENS, expression(`'${OPENS}'`)));

const OPENS = '${{';
export const expression = (text: string): string => `${OPENS} ${text} }}`;
